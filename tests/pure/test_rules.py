"""Rules, triggers, months and caps: each pays when it says, and no cap is ever exceeded."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.features.attribution.conditions import MONTH
from api.features.attribution.engine import Decision, decide
from api.features.attribution.explanation import explain
from api.features.attribution.history import History, span_of
from api.features.attribution.pricing import enter
from api.features.attribution.touches import Approval, Cap, Event, Rule, Terms, Touch
from tests.pure.examples import (
    NOON,
    PAID_INVOICE,
    capped_terms,
    click,
    events,
    touch_lists,
    uncapped_terms,
)

CREATED = replace(PAID_INVOICE, type="subscription_created", value_minor=None)
TWO_HUNDRED_FIRST = Rule(
    kind="fixed", fixed_minor=20000, fixed_currency="USD", trigger="first",
    event_types=("subscription_created",),
)  # fmt: skip
FIFTH = Rule(kind="percent", percent=Decimal(20), event_types=("invoice_paid",))


def percent(value: int, **changes: Any) -> Rule:
    return replace(Rule(kind="percent", percent=Decimal(value)), **changes)


def paying(*rules: Rule, caps: tuple[Cap, ...] = ()) -> Touch:
    """A click whose partner has these rules, and a year to earn by them."""
    terms = Terms(id=UUID(int=910), rules=rules, caps=caps)
    return click(days_before=400, window_days=365 * 4, terms=terms)


def run(touches: list[Touch], *happened: Event) -> list[Decision]:
    """Decides one event after the other, each knowing of those before."""
    history, decisions = History(), []
    for event in happened:
        decisions.append(decide(event, touches, history))
        enter(history, event, decisions[-1].credits)
    return decisions


def earned(touches: list[Touch], *happened: Event) -> list[list[int]]:
    """What each event earned, rule by rule."""
    return [
        [line.amount_minor for share in decision.credits for line in share.earned]
        for decision in run(touches, *happened)
    ]


def at(month: int, day: int, **changes: Any) -> Event:
    return replace(PAID_INVOICE, ts=datetime(2026, month, day, tzinfo=UTC), **changes)


def test_cmp_1_a_bounty_for_the_first_subscription_and_a_share_of_every_invoice() -> None:
    invoice = replace(PAID_INVOICE, value_minor=4900)
    happened = (CREATED, invoice, invoice)
    assert earned([paying(TWO_HUNDRED_FIRST, FIFTH)], *happened) == [[20000], [980], [980]]


def test_cmp_2_the_first_is_paid_once_for_partner_customer_and_type() -> None:
    bounty = replace(TWO_HUNDRED_FIRST, fixed_minor=5000)
    assert earned([paying(bounty)], CREATED, CREATED) == [[5000], []]


def test_cmp_3_months_are_counted_from_the_first_event_of_the_type() -> None:
    touch = replace(paying(percent(50, months=3)), ts=datetime(2025, 12, 1, tzinfo=UTC))
    happened = (at(1, 15), at(4, 10), at(5, 1))
    assert earned([touch], *happened) == [[10000], [10000], []]


def test_cmp_4_the_first_pays_more_than_those_that_follow() -> None:
    first = percent(50, trigger="first", event_types=("invoice_paid",))
    later = percent(20, trigger="subsequent", event_types=("invoice_paid",))
    invoice = replace(PAID_INVOICE, value_minor=10000)
    assert earned([paying(first, later)], *[invoice] * 3) == [[5000], [2000], [2000]]


def test_cmp_5_a_share_without_event_type_is_taken_of_every_event() -> None:
    happened = (
        replace(PAID_INVOICE, value_minor=10000),
        replace(PAID_INVOICE, type="upgrade", value_minor=4900),
    )
    assert earned([paying(percent(10))], *happened) == [[1000], [490]]


def test_m9_the_last_moment_of_the_months_still_pays() -> None:
    touch = paying(percent(50, months=2))
    end = replace(PAID_INVOICE, ts=NOON + 2 * MONTH)
    over = replace(end, ts=end.ts + timedelta(microseconds=1))
    assert earned([touch], PAID_INVOICE, end, over) == [[10000], [10000], []]


@pytest.mark.parametrize(
    "details",
    [
        {"productId": "team"}, {"productIds": ["x", "team"]}, {"sku": "team"},
        {"items": [{"id": "x"}, {"productId": "team", "quantity": 2}]}, {"product": {"id": "team"}},
    ],
)  # fmt: skip
def test_products_are_found_where_merchants_put_them(details: dict[str, Any]) -> None:
    wanted, other = paying(percent(10, products=("team",))), replace(PAID_INVOICE, details={})
    bought = replace(PAID_INVOICE, details=details)
    assert earned([wanted], bought, other) == [[2000], []]
    assert earned([paying(percent(10, excluded_products=("team",)))], bought, other) == [[], [2000]]


def test_metadata_has_to_hold_what_a_rule_asks_for() -> None:
    rule = percent(10, conditions=(("plan", ("team", "pro")), ("trial", ("false",))))
    details: list[dict[str, Any]] = [
        {"plan": "pro", "trial": False}, {"plan": ["x", "team"], "trial": "false"},
        {"plan": "solo", "trial": False}, {"plan": "pro"}, {},
    ]  # fmt: skip
    happened = [replace(PAID_INVOICE, details=one) for one in details]
    assert earned([paying(rule)], *happened) == [[2000], [2000], [], [], []]


def test_a_cap_leaves_what_is_left_and_begins_anew_with_its_period() -> None:
    cap = Cap(amount_minor=2500, currency="USD", period="month")
    touch = replace(paying(percent(10), caps=(cap,)), ts=datetime(2025, 12, 1, tzinfo=UTC))
    happened = (at(1, 31), at(1, 31), at(1, 30), at(2, 1))
    assert earned([touch], *happened) == [[2000], [500], [], [2000]]
    second, third = run([touch], *happened)[1:3]
    told = explain(happened[1], second)["credits"][0]["sentence"]
    assert told == "10 % of 200.00 USD is 20.00 USD, of which a cap leaves 5.00 USD."
    assert explain(happened[1], second)["totals"][0]["sentence"] == (
        "The campaign owes 20.00 USD, of which caps leave 5.00 USD."
    )
    assert third.credits[0].main.reason == "cap_reached"
    assert explain(happened[2], third)["credits"][0]["sentence"] == (
        "No commission: 10 % of 200.00 USD is 20.00 USD, but a cap of these terms is reached."
    )


def test_a_cap_counts_its_own_currency_only() -> None:
    touch = paying(percent(10), caps=(Cap(100, "EUR", "campaign"),))
    euros = replace(PAID_INVOICE, currency="EUR")
    assert earned([touch], PAID_INVOICE, euros, euros) == [[2000], [100], []]


def test_an_explanation_says_which_rule_paid_and_why_the_others_did_not() -> None:
    rules = (
        TWO_HUNDRED_FIRST, FIFTH, percent(1, months=1), percent(2, products=("team",)),
        percent(3, conditions=(("plan", ("team", "pro")),)),
        percent(4, trigger="subsequent"), percent(5, trigger="first"),
    )  # fmt: skip
    first, _, late = run([paying(*rules)], PAID_INVOICE, PAID_INVOICE, at(7, 30))
    told = [line["sentence"] for line in explain(PAID_INVOICE, first)["credits"][0]["lines"]]
    assert told == [
        "No commission: these terms pay for subscription_created, not for invoice_paid.",
        "20 % of 200.00 USD is 40.00 USD.",
        "1 % of 200.00 USD is 2.00 USD.",
        "No commission: the products of this event aren't paid for.",
        "No commission: this pays only where plan is team or pro.",
        "No commission: this pays from the customer's second such event on.",
        "5 % of 200.00 USD is 10.00 USD.",
    ]
    answer = explain(PAID_INVOICE, first)
    assert answer["credits"][0]["amount"] == "52.00"
    assert answer["sentence"] == "1 of 1 click is credited by the last click model: 52.00 USD."
    lines = [line["sentence"] for line in explain(at(7, 30), late)["credits"][0]["lines"]]
    assert lines[2] == (
        "No commission: this pays for 1 month from the customer's first invoice_paid on."
    )
    assert (
        lines[6] == "No commission: this pays for a customer's first invoice_paid, and it wasn't."
    )


@pytest.mark.parametrize(
    ("approval", "amount", "currency", "alone"),
    [
        (Approval("manual"), 1, "USD", False),
        (Approval("automatic"), 10**9, "JPY", True),
        (Approval("automatic", 2500, "USD"), 2500, "USD", True),
        (Approval("automatic", 2500, "USD"), 2501, "USD", False),
        (Approval("automatic", 2500, "USD"), 1, "EUR", False),
    ],
)
def test_terms_say_what_needs_no_person(
    approval: Approval, amount: int, currency: str, alone: bool
) -> None:
    assert approval.by_itself(amount, currency) is alone


few_touches = touch_lists.map(lambda touches: touches[:5])
stories = st.lists(st.tuples(events, st.integers(0, 40)), min_size=1, max_size=5)


def told(story: list[tuple[Event, int]]) -> list[Event]:
    return [replace(event, ts=NOON + timedelta(days=days)) for event, days in story]


@given(stories, few_touches, capped_terms)
@settings(max_examples=60, deadline=None)
def test_no_cap_is_ever_exceeded(
    story: list[tuple[Event, int]], touches: list[Touch], terms: Terms
) -> None:
    bounded = [replace(touch, terms=terms, window_days=365, flag=None) for touch in touches]
    spent: defaultdict[tuple[Any, Cap], int] = defaultdict(int)
    happened = told(story)
    for event, decision in zip(happened, run(bounded, *happened), strict=True):
        for share in decision.credits:
            for line in share.earned:
                assert line.amount_minor <= line.rounded_minor
                for cap in terms.caps:
                    if cap.currency == line.currency:
                        span = span_of(cap, share.partner_id, share.campaign_id, event)
                        spent[span, cap] += line.amount_minor
    assert all(total <= cap.amount_minor for (_, cap), total in spent.items())


@given(stories, few_touches, uncapped_terms)
@settings(max_examples=60, deadline=None)
def test_a_first_is_paid_to_a_partner_at_most_once_for_each_type(
    story: list[tuple[Event, int]], touches: list[Touch], terms: Terms
) -> None:
    firsts = replace(terms, rules=tuple(replace(rule, trigger="first") for rule in terms.rules))
    counting = [replace(touch, terms=firsts, window_days=365, flag=None) for touch in touches]
    paid: defaultdict[tuple[UUID, str], int] = defaultdict(int)
    happened = told(story)
    for event, decision in zip(happened, run(counting, *happened), strict=True):
        for partner in {share.partner_id for share in decision.credits if share.earned}:
            paid[partner, event.type] += 1
    assert all(times == 1 for times in paid.values())


@given(stories, few_touches, uncapped_terms)
@settings(max_examples=60, deadline=None)
def test_the_first_and_the_rest_together_pay_what_every_event_pays(
    story: list[tuple[Event, int]], touches: list[Touch], terms: Terms
) -> None:
    """Every event is somebody's first or a subsequent one, never both and never neither."""
    plain = tuple(replace(rule, trigger="every", months=None) for rule in terms.rules[:2])
    parted = tuple(replace(rule, trigger=t) for rule in plain for t in ("first", "subsequent"))
    totals = []
    for rules in (plain, parted):
        priced = [
            replace(touch, terms=replace(terms, rules=rules), window_days=365, flag=None)
            for touch in touches
        ]
        totals.append(
            [
                sum(line.exact_minor for share in decision.credits for line in share.lines)
                for decision in run(priced, *told(story))
            ]
        )
    assert totals[0] == totals[1]
