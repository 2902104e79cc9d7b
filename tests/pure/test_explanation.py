"""Explanations: the same story as the credits, in sentences that a partner can check on paper."""

import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from api.features.attribution.engine import decide
from api.features.attribution.explanation import explain
from api.features.attribution.history import History, PaidOnce, once_key
from api.features.attribution.touches import Event, Touch
from shared.money import to_minor
from tests.pure.examples import (
    FIFTY_FOR_A_SIGNUP,
    PAID_INVOICE,
    SIGNUP,
    TWENTY_PERCENT,
    after,
    altered,
    click,
    clicks,
    events,
    paid_before,
    thorough,
    touch_lists,
)


def explained(event: Event, touches: list[Touch] | None, *before: PaidOnce) -> dict[str, Any]:
    return explain(event, decide(event, touches, after(*before)))


def payments(event: Event, touches: list[Touch], *before: PaidOnce) -> list[str]:
    return [credit["sentence"] for credit in explained(event, touches, *before)["credits"]]


def test_an_explanation_is_complete() -> None:
    touches = [click(1, days_before=2), click(2), click(3, days_before=61)]
    late, first, last = (str(touches[i].click_id) for i in (2, 0, 1))
    partner, campaign = str(touches[1].partner_id), str(touches[1].campaign_id)
    answer = explained(PAID_INVOICE, touches)
    assert [(c["clickId"], c["outcome"], c["sentence"]) for c in answer.pop("clicks")] == [
        (
            late,
            "outside_window",
            "The click came 61 days before the event; its campaign counts 60 days.",
        ),
        (
            first,
            "not_chosen_by_model",
            "The click could count, but the last click model credits another.",
        ),
        (last, "credited", "The click is credited."),
    ]
    assert answer == {
        "eventId": str(PAID_INVOICE.id),
        "eventType": "invoice_paid",
        "eventAt": "2026-05-20T12:00:00Z",
        "value": "200.00",
        "currency": "USD",
        "status": "attributed",
        "model": "last_click",
        "sentence": "1 of 3 clicks is credited by the last click model: 40.00 USD.",
        "credits": [
            {
                "clickId": last,
                "partnerId": partner,
                "campaignId": campaign,
                "weight": "1.0000",
                "exactWeight": "1",
                "termsId": str(TWENTY_PERCENT.id),
                "amount": "40.00",
                "currency": "USD",
                "commission": "accrued",
                "sentence": "20 % of 200.00 USD is 40.00 USD.",
                "lines": [
                    {
                        "rule": 0,
                        "amount": "40.00",
                        "currency": "USD",
                        "commission": "accrued",
                        "sentence": "20 % of 200.00 USD is 40.00 USD.",
                    }
                ],
            }
        ],
        "totals": [
            {
                "campaignId": campaign,
                "currency": "USD",
                "amount": "40.00",
                "sentence": "The campaign owes 40.00 USD.",
            }
        ],
    }


def test_a_rounding_is_spelled_out() -> None:
    terms = altered(TWENTY_PERCENT, percent=Decimal("2.9"))
    answer = explained(replace(PAID_INVOICE, value_minor=500), [click(terms=terms)])
    assert [credit["sentence"] for credit in answer["credits"]] == [
        "2.9 % of 5.00 USD is 0.145 USD, rounded to 0.15 USD."
    ]
    assert answer["totals"][0]["sentence"] == (
        "The campaign owes 0.145 USD, rounded half up to 0.15 USD."
    )


def test_shares_are_spelled_out() -> None:
    assert (
        payments(PAID_INVOICE, clicks(2, model="linear"))
        == ["20 % of 200.00 USD is 40.00 USD; 1/2 of it is 20.00 USD."] * 2
    )
    assert payments(PAID_INVOICE, clicks(3, model="linear"))[0] == (
        "20 % of 200.00 USD is 40.00 USD; 1/3 of it is 13.333333… USD, "
        "rounded together with the campaign's other shares to 13.33 USD."
    )


def test_a_cent_that_cannot_be_split_is_shown_where_it_went() -> None:
    answer = explained(replace(PAID_INVOICE, value_minor=5), clicks(3, model="linear"))
    assert [credit["amount"] for credit in answer["credits"]] == ["0.00", "0.00", "0.01"]
    assert [credit["weight"] for credit in answer["credits"]] == ["0.3333", "0.3333", "0.3334"]
    assert [total["amount"] for total in answer["totals"]] == ["0.01"]


@pytest.mark.parametrize(
    ("event", "changes", "sentence"),
    [
        (SIGNUP, {"terms": FIFTY_FOR_A_SIGNUP}, "signup pays 50.00 USD."),
        (
            PAID_INVOICE,
            {"terms": FIFTY_FOR_A_SIGNUP},
            "No commission: these terms pay for signup, not for invoice_paid.",
        ),
        (SIGNUP, {}, "No commission: the event has no value to take 20 % of."),
        (
            replace(PAID_INVOICE, value_minor=2),
            {},
            "No commission: 20 % of 0.02 USD is 0.004 USD, rounded to 0.00 USD.",
        ),
        (
            PAID_INVOICE,
            {"terms": None},
            "No commission: the partner has no terms in this campaign.",
        ),
        (
            PAID_INVOICE,
            {"campaign_starts_at": PAID_INVOICE.ts.replace(year=2027)},
            "No commission: the event came before the campaign's start.",
        ),
        (
            PAID_INVOICE,
            {"campaign_ends_at": PAID_INVOICE.ts},
            "No commission: the event came after the campaign's end.",
        ),
    ],
)
def test_a_payment_and_its_absence_are_put_in_words(
    event: Event, changes: dict[str, Any], sentence: str
) -> None:
    assert payments(event, [click(**changes)]) == [sentence]


def test_a_second_payment_refused_is_put_in_words() -> None:
    terms = altered(TWENTY_PERCENT, trigger="once")
    touch = click(terms=terms)
    assert payments(
        PAID_INVOICE,
        [touch],
        once_key(touch.partner_id, touch.campaign_id, terms.rules[0], "invoice_paid"),
    ) == ["No commission: these terms pay once for a customer, and they have."]


@pytest.mark.parametrize(
    ("event", "touches", "sentence"),
    [
        (
            PAID_INVOICE,
            None,
            "No click is known to be this customer's, because nobody has identified them.",
        ),
        (PAID_INVOICE, [], "The customer has no click that may count for this event."),
        (
            PAID_INVOICE,
            [click(days_before=61)],
            "Every click that could count came too long before the event.",
        ),
        (
            replace(PAID_INVOICE, type="refund"),
            [click()],
            "The event corrects an earlier one, so no click earns from it.",
        ),
    ],
)
def test_an_event_without_credit_is_put_in_words(
    event: Event, touches: list[Touch] | None, sentence: str
) -> None:
    answer = explained(event, touches)
    assert answer["sentence"] == sentence
    assert (answer["credits"], answer["totals"], answer["model"]) == ([], [], None)


@given(events, touch_lists, paid_before)
@thorough
def test_an_explanation_tells_the_same_story_as_the_credits(
    event: Event, touches: list[Touch], before: History
) -> None:
    decision = decide(event, touches, before)
    answer = json.loads(json.dumps(explain(event, decision)))
    told = [c["clickId"] for c in answer["clicks"] if c["outcome"] == "credited"]
    assert told == [str(share.click_id) for share in decision.credits]
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for credit, share in zip(answer["credits"], decision.credits, strict=True):
        assert credit["clickId"] == str(share.click_id)
        assert to_minor(Decimal(credit["amount"]), credit["currency"]) == share.amount_minor
        for told_line, line in zip(credit["lines"], share.lines, strict=True):
            amount = to_minor(Decimal(told_line["amount"]), told_line["currency"])
            assert (amount, told_line["rule"]) == (line.amount_minor, line.rule)
            sums[credit["campaignId"], told_line["currency"]] += amount
    for total in answer["totals"]:
        amount = to_minor(Decimal(total["amount"]), total["currency"])
        assert amount == sums.pop((total["campaignId"], total["currency"]))
    # What isn't among the totals comes to nothing.
    assert not any(sums.values())
    assert sum(Decimal(credit["weight"]) for credit in answer["credits"]) in (0, 1)
    lines = [line for credit in answer["credits"] for line in credit["lines"]]
    for told_of in [answer, *answer["clicks"], *answer["credits"], *lines, *answer["totals"]]:
        assert told_of["sentence"].endswith(".")
