"""Which part of a sale went back: the same whatever the order, repeated or not, never too much."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from api.features.corrections.shares import Said, part_of, parts
from shared.money import half_up

some = st.fractions(0, 1, max_denominator=50)
said = st.one_of(
    st.builds(
        Said,
        st.just("refund"),
        st.sampled_from("abcd"),
        st.sampled_from(["succeeded", "failed"]),
        some,
    ),
    st.builds(
        Said,
        st.just("dispute"),
        st.sampled_from("xy"),
        st.sampled_from(["open", "lost", "won"]),
        some,
    ),
)
# One amount for each refund or dispute, as anybody means it; several statuses, as they follow.
consistent = st.lists(said, max_size=8).map(
    lambda many: [
        Said(one.kind, one.key, one.status, {each.key: each.part for each in many}[one.key])
        for one in many
    ]
)


@given(consistent, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(known: list[Said], random: object) -> None:
    shuffled = [*known, *known[::2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis types it as an object
    assert parts(shuffled) == parts(known)


@given(consistent)
def test_a_sale_goes_back_at_most_once(known: list[Said]) -> None:
    returned, disputed = parts(known)
    assert returned >= 0
    assert disputed >= 0
    assert returned + disputed <= 1


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_many_partial_refunds_take_one_rounding_of_their_sum(
    commission: int, amounts: list[int]
) -> None:
    value, taken = sum(amounts), 0
    for count in range(1, len(amounts) + 1):
        known = [
            Said("refund", f"r{i}", "succeeded", Fraction(amount, value))
            for i, amount in enumerate(amounts[:count])
        ]
        clawed = half_up(commission * parts(known).returned)
        exact = Fraction(commission * sum(amounts[:count]), value)
        assert abs(clawed - exact) <= Fraction(1, 2)
        assert clawed >= taken
        taken = clawed
    assert taken == commission


def test_running_totals_and_single_refunds_tell_of_the_same_money() -> None:
    single = [Said("refund", "a", "succeeded", Fraction(1, 10))]
    total = [Said("refund_total", "c:30", "succeeded", Fraction(3, 10))]
    assert parts(single + total).returned == Fraction(3, 10)
    other = [Said("refund", "b", "succeeded", Fraction(2, 10))]
    assert parts(single + total + other).returned == Fraction(3, 10)
    failed = [Said("refund", "b", "failed", Fraction(2, 10))]
    assert parts(single + total + other + failed).returned == Fraction(1, 10)


def test_running_totals_of_several_charges_add_up() -> None:
    total = [
        Said("refund_total", f"stripe:{key}", "succeeded", Fraction(part, 10))
        for key, part in (("ch_a:20", 2), ("ch_a:30", 3), ("ch_b:40", 4))
    ]
    assert parts(total).returned == Fraction(7, 10)


def test_a_part_is_of_the_whole_payment_where_that_is_told() -> None:
    assert part_of(60, "USD", 120, 100, "USD") == Fraction(1, 2)
    assert part_of(50, "USD", None, 100, "USD") == Fraction(1, 2)
    assert part_of(50, "EUR", 100, 100, "USD") == Fraction(1, 2)
    assert part_of(50, "EUR", None, 100, "USD") is None
    assert part_of(None, None, None, 100, "USD") == 1
    assert part_of(50, "USD", None, None, "USD") == 1
