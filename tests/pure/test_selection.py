"""Which clicks count for an event, which model weighs them, and what is said of the others."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.features.attribution.engine import CORRECTIVE_TYPES, decide
from api.features.attribution.touches import Touch
from tests.pure.examples import NOON, PAID_INVOICE, click, clicks


def outcomes(touches: list[Touch]) -> list[str]:
    return [click.outcome for click in decide(PAID_INVOICE, touches).considered]


@pytest.mark.parametrize(
    ("changes", "outcome", "status"),
    [
        ({}, "credited", "attributed"),
        ({"ts": NOON}, "credited", "attributed"),
        ({"flag": "revoked"}, "credited", "attributed"),
        ({"ts": NOON + timedelta(microseconds=1)}, "after_event", "no_click"),
        ({"flag": "velocity"}, "flagged_velocity", "no_click"),
        ({"flag": "bot"}, "flagged_bot", "no_click"),
        ({"flag": "prefetch"}, "flagged_prefetch", "no_click"),
        ({"flag": "duplicate"}, "flagged_duplicate", "no_click"),
        ({"flag": "manual"}, "flagged_manual", "no_click"),
        ({"flag": "tomorrows_flag"}, "flagged_tomorrows_flag", "no_click"),
        ({"partner_revoked": True}, "partner_revoked", "no_click"),
        ({"partner_revoked": True, "flag": "revoked"}, "partner_revoked", "no_click"),
        ({"ts": NOON - timedelta(days=60)}, "credited", "attributed"),
        ({"ts": NOON - timedelta(days=60, seconds=1)}, "outside_window", "outside_window"),
        ({"ts": NOON - timedelta(days=2), "window_days": 1}, "outside_window", "outside_window"),
        ({"ts": NOON - timedelta(days=99), "flag": "bot"}, "flagged_bot", "no_click"),
    ],
)
def test_a_lone_click_counts_or_says_why_not(
    changes: dict[str, Any], outcome: str, status: str
) -> None:
    decision = decide(PAID_INVOICE, [click(**changes)])
    assert decision.status == status
    assert [click.outcome for click in decision.considered] == [outcome]
    assert len(decision.credits) == (outcome == "credited")
    assert decision.considered[0].sentence.endswith(".")


def test_an_unidentified_customer_and_one_without_clicks_are_told_apart() -> None:
    assert decide(PAID_INVOICE, None).status == "no_identity"
    assert decide(PAID_INVOICE, []).status == "no_click"


def test_one_click_that_is_only_too_old_makes_the_window_the_reason() -> None:
    touches = [click(1, flag="bot"), click(2, days_before=61), click(3, partner_revoked=True)]
    assert decide(PAID_INVOICE, touches).status == "outside_window"


def test_a_visitor_who_comes_back_after_paying_changes_nothing() -> None:
    before = decide(PAID_INVOICE, clicks(2))
    after = decide(PAID_INVOICE, [*clicks(2), click(3, days_before=-1, model="linear")])
    assert after.credits == before.credits


def test_last_click_credits_the_last_eligible_click_only() -> None:
    touches = [click(1, days_before=3), click(2, days_before=2), click(3, flag="bot")]
    assert outcomes(touches) == ["not_chosen_by_model", "credited", "flagged_bot"]


def test_clicks_at_the_same_moment_are_ordered_by_id() -> None:
    decision = decide(PAID_INVOICE, [click(2), click(1)])
    assert [credit.click_id.int for credit in decision.credits] == [2]


def test_two_clicks_of_one_partner_are_two_touches() -> None:
    partner = click(1).partner_id
    decision = decide(PAID_INVOICE, clicks(3, model="linear", partner_id=partner))
    assert [credit.weight_parts for credit in decision.credits] == [3333, 3333, 3334]


def test_the_model_is_that_of_the_last_eligible_click() -> None:
    touches = [
        click(1, days_before=3, model="last_click"),
        click(2, days_before=2, model="linear"),
        click(3, days_before=1, model="first_click", flag="manual"),
    ]
    decision = decide(PAID_INVOICE, touches)
    assert decision.model == "linear"
    assert [credit.click_id.int for credit in decision.credits] == [1, 2]


def test_each_campaign_counts_its_own_window() -> None:
    touches = [click(1, days_before=30, window_days=60), click(2, days_before=20, window_days=10)]
    assert outcomes(touches) == ["credited", "outside_window"]


@pytest.mark.parametrize("event_type", sorted(CORRECTIVE_TYPES))
def test_an_event_that_corrects_another_is_never_credited(event_type: str) -> None:
    decision = decide(replace(PAID_INVOICE, type=event_type), clicks(2))
    assert decision.status == "not_attributable"
    assert decision.credits == ()
    assert [click.outcome for click in decision.considered] == ["not_attributable"] * 2
    assert decide(replace(PAID_INVOICE, type=event_type), None).status == "not_attributable"
