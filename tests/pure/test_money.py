"""Money: what a currency can express, and sums that always add up."""

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.core import get_global
from babel.numbers import get_territory_currencies
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    DECIMALS,
    MAX_MINOR,
    MoneyError,
    apportion,
    decimals_of,
    half_up,
    percent_of,
    split,
    to_exact_major,
    to_major,
    to_minor,
)
from tests.pure.examples import currencies, percents, thorough

amounts = st.integers(-MAX_MINOR, MAX_MINOR)


@st.composite
def weights_up_to_one(draw: st.DrawFn) -> list[Fraction]:
    drawn = draw(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
    whole = sum(drawn) + draw(st.integers(0, 100)) or 1
    return [Fraction(weight, whole) for weight in drawn]


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [
        ("40.00", "USD", 4000),
        ("40", "USD", 4000),
        ("0.01", "USD", 1),
        ("-0.05", "USD", -5),
        ("1000", "JPY", 1000),
        ("-7", "JPY", -7),
        ("1.234", "KWD", 1234),
        ("-0.001", "KWD", -1),
        ("5.00", "ISK", 500),
        ("5", "MGA", 5),
        ("1E+3", "JPY", 1000),
        ("1.500000", "USD", 150),
        ("10000000000000", "USD", MAX_MINOR),
    ],
)
def test_an_amount_is_a_whole_number_of_minor_units(major: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(major), currency) == minor
    assert to_minor(Decimal(to_major(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [
        (4000, "USD", "40.00"),
        (5, "USD", "0.05"),
        (0, "USD", "0.00"),
        (-5, "USD", "-0.05"),
        (-4000, "USD", "-40.00"),
        (1000, "JPY", "1000"),
        (0, "JPY", "0"),
        (-1000, "JPY", "-1000"),
        (1234, "KWD", "1.234"),
        (1, "KWD", "0.001"),
        (-1, "KWD", "-0.001"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(
    minor: int, currency: str, major: str
) -> None:
    assert to_major(minor, currency) == major


@given(amounts, currencies)
@thorough
def test_writing_and_reading_an_amount_gives_it_back(minor: int, currency: str) -> None:
    assert to_minor(Decimal(to_major(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("major", "currency", "says"),
    [
        ("0.001", "USD", "at most 2 decimals"),
        ("0.1", "JPY", "at most 0 decimals"),
        ("0.0001", "KWD", "at most 3 decimals"),
        ("1E-999999", "USD", "at most 2 decimals"),
        ("NaN", "USD", "finite"),
        ("sNaN", "USD", "finite"),
        ("Infinity", "USD", "finite"),
        ("-Infinity", "USD", "finite"),
        ("10000000000000.01", "USD", "too large"),
        ("-10000000000000.01", "USD", "too large"),
        ("1E+999999", "USD", "too large"),
    ],
)
def test_an_amount_that_is_no_money_is_refused(major: str, currency: str, says: str) -> None:
    with pytest.raises(MoneyError, match=says):
        to_minor(Decimal(major), currency)


@pytest.mark.parametrize("currency", ["", "usd", "US", "ABC", "XAU", "XXX", "U" * 9999])
def test_an_unknown_currency_is_refused_in_a_short_sentence(currency: str) -> None:
    with pytest.raises(MoneyError, match="not an ISO 4217 currency code") as refusal:
        decimals_of(currency)
    assert len(str(refusal.value)) < 100


def test_decimals_are_those_of_stripes_lists() -> None:
    none = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
    three = "BHD JOD KWD OMR TND"
    assert {code for code, decimals in DECIMALS.items() if decimals == 0} == set(none.split())
    assert {code for code, decimals in DECIMALS.items() if decimals == 3} == set(three.split())
    assert set(DECIMALS.values()) == {0, 2, 3}


def test_every_currency_in_use_somewhere_is_known() -> None:
    territories = get_global("territory_currencies")
    in_use = {code for place in territories for code in get_territory_currencies(place)}
    assert in_use <= set(DECIMALS)


@pytest.mark.parametrize(
    ("minor", "percent", "share"),
    [
        (3, "20", 1),
        (15, "10", 2),
        (1, "50", 1),
        (500, "2.9", 15),
        (2, "20", 0),
        (7, "20", 1),
        (25, "10", 3),
        (20000, "20", 4000),
        (-25, "10", -3),
        (-500, "2.9", -15),
    ],
)
def test_a_percentage_is_rounded_once_half_up(minor: int, percent: str, share: int) -> None:
    assert percent_of(minor, Decimal(percent)) == share


@given(amounts, percents)
@thorough
def test_a_percentage_is_within_half_a_unit_and_mirrors_its_refund(
    minor: int, percent: Decimal
) -> None:
    share = percent_of(minor, percent)
    assert abs(share - minor * Fraction(percent) / 100) <= Fraction(1, 2)
    assert percent_of(-minor, percent) == -share


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest"),
    [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (7, 5, 1), (8, 5, 2), (0, 3, 0), (1, 2, 1), (-1, 2, -1)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, nearest: int) -> None:
    assert half_up(numerator, denominator) == nearest


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (1, [Fraction(1, 3)] * 3, [0, 0, 1]),
        (2, [Fraction(1, 3)] * 3, [0, 1, 1]),
        (100, [Fraction(1, 3)] * 3, [33, 33, 34]),
        (-100, [Fraction(1, 3)] * 3, [-33, -33, -34]),
        (5, [Fraction(1, 2)] * 2, [2, 3]),
        (10, [Fraction(2, 5), Fraction(1, 5), Fraction(2, 5)], [4, 2, 4]),
        (1, [Fraction(2, 5), Fraction(1, 5), Fraction(2, 5)], [0, 0, 1]),
        (99, [Fraction(1, 2), Fraction(1, 4)], [49, 25]),
        (7, [Fraction(0), Fraction(1)], [0, 7]),
        (7, [], []),
    ],
)
def test_a_split_gives_what_is_left_to_who_lost_most_and_then_to_the_later(
    total: int, weights: list[Fraction], parts: list[int]
) -> None:
    assert split(total, weights) == parts


@given(amounts, weights_up_to_one())
@thorough
def test_the_parts_of_a_split_sum_to_the_rounded_whole_and_are_each_within_a_unit(
    total: int, weights: list[Fraction]
) -> None:
    parts = split(total, weights)
    assert sum(parts) == half_up(total * sum(weights))
    if sum(weights) == 1:
        assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight) < 1
        assert part == 0 or weight > 0
    assert split(-total, weights) == [-part for part in parts]


@given(st.lists(st.fractions(0, MAX_MINOR), max_size=20))
@thorough
def test_a_larger_amount_never_gets_the_smaller_part(exact: list[Fraction]) -> None:
    parts = apportion(exact)
    assert sum(parts) == half_up(sum(exact, Fraction(0)))
    by_amount = sorted(zip(exact, parts, strict=True))
    assert [part for _, part in by_amount] == sorted(parts)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (Fraction(4000), "USD", "40.00"),
        (Fraction(29, 2), "USD", "0.145"),
        (Fraction(4000, 3), "USD", "13.333333…"),
        (Fraction(-29, 2), "USD", "-0.145"),
        (Fraction(1, 2), "JPY", "0.5"),
        (Fraction(1, 4), "KWD", "0.00025"),
        (Fraction(1, 10**9), "USD", "0.000000…"),
    ],
)
def test_an_amount_before_rounding_is_shown_as_exactly_as_it_can_be(
    minor: Fraction, currency: str, text: str
) -> None:
    assert to_exact_major(minor, currency) == text
