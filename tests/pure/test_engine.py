"""What holds for every decision, whatever the event, the clicks, the terms and their order."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from api.features.attribution.engine import CORRECTIVE_TYPES, Decision, decide
from api.features.attribution.history import History
from api.features.attribution.touches import Event, Touch
from shared.money import MAX_MINOR, half_up, percent_of
from tests.pure.examples import (
    PAID_INVOICE,
    TWENTY_PERCENT,
    altered,
    clicks,
    events,
    few_currencies,
    paid_before,
    percents,
    thorough,
    touch_lists,
)


def exact_sums(decision: Decision) -> dict[tuple[str, str], Fraction]:
    sums: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for share in decision.credits:
        for line in share.lines:
            sums[str(share.campaign_id), line.currency] += line.exact_minor
    return sums


@given(events, touch_lists, paid_before)
@thorough
def test_credits_sum_exactly_to_their_campaigns_rounded_total(
    event: Event, touches: list[Touch], before: History
) -> None:
    decision = decide(event, touches, before)
    for pot, exact in exact_sums(decision).items():
        members = [
            line
            for share in decision.credits
            for line in share.lines
            if (str(share.campaign_id), line.currency) == pot
        ]
        assert sum(line.amount_minor for line in members) == half_up(exact)
    for line in (line for share in decision.credits for line in share.lines):
        assert abs(line.amount_minor - line.exact_minor) < 1
        assert line.amount_minor >= 0
        assert (line.reason == "accrued") == (line.amount_minor > 0)


@given(
    value=st.integers(0, MAX_MINOR),
    percent=percents,
    currency=few_currencies,
    model=st.sampled_from(["last_click", "first_click", "linear", "position"]),
    count=st.integers(1, 40),
)
@thorough
def test_a_campaign_pays_the_same_however_many_clicks_share_it(
    value: int, percent: Decimal, currency: str, model: str, count: int
) -> None:
    event = replace(PAID_INVOICE, value_minor=value, currency=currency)
    terms = altered(TWENTY_PERCENT, percent=percent)
    decision = decide(event, clicks(count, model=model, terms=terms))
    assert sum(share.amount_minor for share in decision.credits) == percent_of(value, percent)


@given(events, touch_lists, paid_before)
@thorough
def test_weights_sum_to_exactly_one(event: Event, touches: list[Touch], before: History) -> None:
    decision = decide(event, touches, before)
    assert (decision.status == "attributed") == bool(decision.credits)
    assert (decision.model is not None) == bool(decision.credits)
    if decision.credits:
        assert sum(share.weight for share in decision.credits) == 1
        assert sum(share.weight_parts for share in decision.credits) == 10_000


@given(events, touch_lists, paid_before, st.randoms())
@thorough
def test_the_order_in_which_clicks_are_given_changes_nothing(
    event: Event, touches: list[Touch], before: History, random: Random
) -> None:
    shuffled = list(touches)
    random.shuffle(shuffled)
    assert decide(event, shuffled, before) == decide(event, touches, before)


@given(events, touch_lists)
@thorough
def test_every_click_is_explained_exactly_once(event: Event, touches: list[Touch]) -> None:
    decision = decide(event, touches)
    explained = Counter(click.click_id for click in decision.considered)
    assert explained == Counter(touch.click_id for touch in touches)
    credited = [c.click_id for c in decision.considered if c.outcome == "credited"]
    assert credited == [share.click_id for share in decision.credits]


@given(events, touch_lists)
@thorough
def test_only_clean_clicks_before_the_event_and_within_their_window_are_credited(
    event: Event, touches: list[Touch]
) -> None:
    touch_of = {touch.click_id: touch for touch in touches}
    for share in decide(event, touches).credits:
        touch = touch_of[share.click_id]
        assert timedelta(0) <= event.ts - touch.ts <= timedelta(days=touch.window_days)
        assert touch.flag in (None, "revoked")
        assert not touch.partner_revoked
        assert (share.partner_id, share.campaign_id) == (touch.partner_id, touch.campaign_id)
        assert share.terms == touch.terms


@given(events, touch_lists, st.sampled_from(sorted(CORRECTIVE_TYPES)))
@thorough
def test_no_clicks_make_a_correction_attributable(
    event: Event, touches: list[Touch], event_type: str
) -> None:
    decision = decide(replace(event, type=event_type), touches)
    assert (decision.status, decision.credits) == ("not_attributable", ())


@given(events, touch_lists)
@thorough
def test_clicks_that_do_not_count_change_nothing_for_those_that_do(
    event: Event, touches: list[Touch]
) -> None:
    decision = decide(event, touches)
    counting = {
        c.click_id for c in decision.considered if c.outcome in ("credited", "not_chosen_by_model")
    }
    alone = decide(event, [touch for touch in touches if touch.click_id in counting])
    assert alone.credits == decision.credits
