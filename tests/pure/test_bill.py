"""The bill of attributed sales: every order of what happens to a sale ends with the same sum."""

from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from api.features.usage.bill import Line, Sale, in_usd, lines_for
from shared.money import half_up

USD = Decimal(1)
rates = some.decimals("0.0001", "2000", places=4, allow_nan=False)
parts = some.fractions(0, 1, max_denominator=1000)
standings = some.tuples(some.booleans(), parts)


def sale(
    value: int | None = 10_000, currency: str = "USD", *, kind: str = "invoice_paid",
    credited: bool = True, returned: Fraction = Fraction(0), paying: bool = True,
) -> Sale:  # fmt: skip
    subscription = uuid4() if paying else None
    return Sale(uuid4(), kind, value, currency, credited, returned, subscription)


def amounts(lines: list[Line] | None) -> list[tuple[str, int]]:
    assert lines is not None
    return [(line.reason, line.usd_minor) for line in lines]


def test_a_sale_is_one_line() -> None:
    assert amounts(lines_for(sale(), [], USD)) == [("sale", 10_000)]


def test_what_was_refunded_before_anybody_looked_comes_off_at_once() -> None:
    refunded = sale(returned=Fraction(1, 4))
    assert amounts(lines_for(refunded, [], USD)) == [("sale", 10_000), ("refund", -2_500)]


@pytest.mark.parametrize(
    "nothing",
    [
        sale(None), sale(0), sale(-500), sale(kind="lead_qualified"), sale(kind="refund"),
        sale(credited=False), sale(paying=False),
    ],
)  # fmt: skip
def test_nothing_is_billed_of(nothing: Sale) -> None:
    assert lines_for(nothing, [], USD) == []
    assert lines_for(nothing, [], None) == []


def test_without_a_rate_it_waits() -> None:
    assert lines_for(sale(currency="CHF"), [], None) is None


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "cents"),
    [
        (10_000, "USD", "1", 10_000), (100, "JPY", "0.0067", 67), (1_234, "KWD", "3.25", 401),
        (1, "EUR", "1.5", 2), (1, "EUR", "1.4", 1), (-1, "EUR", "1.5", -2), (0, "EUR", "1.5", 0),
    ],
)  # fmt: skip
def test_other_currencies_are_rounded_once_half_up(
    minor: int, currency: str, rate: str, cents: int
) -> None:
    assert in_usd(minor, currency, Decimal(rate)) == cents


@given(
    value=some.integers(1, 10**12),
    currency=some.sampled_from(["USD", "EUR", "JPY", "KWD"]),
    first=rates,
    later=some.lists(some.tuples(standings, rates), min_size=1, max_size=8),
)
def test_the_sum_is_that_of_how_the_sale_stands_whatever_came_before(
    value: int, currency: str, first: Decimal, later: list[tuple[tuple[bool, Fraction], Decimal]]
) -> None:
    """At the first rate, however the rates went on; and a look that finds no change writes nothing."""
    one, lines = sale(value, currency), list[Line]()
    lines += lines_for(one, [], first) or []
    for (credited, returned), rate in later:
        now = Sale(one.event_id, one.type, value, currency, credited, returned, one.subscription_id)
        lines += lines_for(now, lines, rate) or []
        left = value - half_up(value * returned) if credited else 0
        assert sum(line.amount_minor for line in lines) == left
        assert sum(line.usd_minor for line in lines) == in_usd(left, currency, first)
        assert lines_for(now, lines, rate) == []
    assert [line.reason for line in lines].count("sale") == 1


def test_credit_that_was_taken_back_and_given_again_says_so() -> None:
    one = sale()
    lines = lines_for(one, [], USD) or []
    for credited in (False, True):
        now = Sale(
            one.event_id, one.type, 10_000, "USD", credited, Fraction(0), one.subscription_id
        )
        lines += lines_for(now, lines, USD) or []
    assert amounts(lines) == [("sale", 10_000), ("withdrawn", -10_000), ("credited_again", 10_000)]
