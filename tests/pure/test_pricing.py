"""What credited clicks earn: terms, dates, single payments, and one rounding for a campaign."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from api.features.attribution.engine import decide
from api.features.attribution.history import PaidOnce, once_key
from api.features.attribution.touches import Event, Terms, Touch
from tests.pure.examples import (
    FIFTY_FOR_A_SIGNUP,
    NOON,
    PAID_INVOICE,
    SIGNUP,
    TWENTY_PERCENT,
    after,
    altered,
    click,
    clicks,
)

ONE_CENT = replace(PAID_INVOICE, value_minor=1)
ALL_OF_IT = altered(TWENTY_PERCENT, percent=Decimal(100))
INVOICES_ONLY = altered(TWENTY_PERCENT, event_types=("invoice_paid",))
FIFTY_ONCE = altered(FIFTY_FOR_A_SIGNUP, trigger="once")
TWENTY_ONCE = altered(TWENTY_PERCENT, trigger="once")


def paid(event: Event, touches: list[Touch], *before: PaidOnce) -> list[tuple[int, str, str]]:
    credited = decide(event, touches, after(*before)).credits
    return [(share.amount_minor, share.main.currency, share.main.reason) for share in credited]


@pytest.mark.parametrize(
    ("event", "terms", "amount", "currency", "reason"),
    [
        (PAID_INVOICE, TWENTY_PERCENT, 4000, "USD", "accrued"),
        (PAID_INVOICE, INVOICES_ONLY, 4000, "USD", "accrued"),
        (replace(PAID_INVOICE, currency="JPY"), TWENTY_PERCENT, 4000, "JPY", "accrued"),
        (SIGNUP, TWENTY_PERCENT, 0, "USD", "zero_amount"),
        (SIGNUP, INVOICES_ONLY, 0, "USD", "event_type_not_paid"),
        (replace(PAID_INVOICE, value_minor=0), TWENTY_PERCENT, 0, "USD", "zero_amount"),
        (replace(PAID_INVOICE, value_minor=2), TWENTY_PERCENT, 0, "USD", "zero_amount"),
        (replace(PAID_INVOICE, value_minor=-500), TWENTY_PERCENT, 0, "USD", "zero_amount"),
        (SIGNUP, FIFTY_FOR_A_SIGNUP, 5000, "USD", "accrued"),
        (PAID_INVOICE, FIFTY_FOR_A_SIGNUP, 0, "USD", "event_type_not_paid"),
        (SIGNUP, altered(FIFTY_FOR_A_SIGNUP, event_types=()), 0, "USD", "event_type_not_paid"),
        (SIGNUP, altered(FIFTY_FOR_A_SIGNUP, fixed_minor=0), 0, "USD", "zero_amount"),
        (replace(SIGNUP, currency="EUR"), FIFTY_FOR_A_SIGNUP, 5000, "USD", "accrued"),
        (
            replace(SIGNUP, currency="EUR"),
            altered(FIFTY_FOR_A_SIGNUP, fixed_currency=None),
            5000,
            "EUR",
            "accrued",
        ),
        (PAID_INVOICE, None, 0, "USD", "no_terms"),
    ],
)
def test_terms_pay_for_an_event_or_say_why_not(
    event: Event, terms: Terms | None, amount: int, currency: str, reason: str
) -> None:
    assert paid(event, [click(terms=terms)]) == [(amount, currency, reason)]


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({"campaign_starts_at": NOON}, "accrued"),
        ({"campaign_starts_at": NOON + timedelta(seconds=1)}, "campaign_not_started"),
        ({"campaign_ends_at": NOON + timedelta(seconds=1)}, "accrued"),
        ({"campaign_ends_at": NOON}, "campaign_ended"),
    ],
)
def test_outside_its_dates_a_campaign_credits_but_does_not_pay(
    dates: dict[str, Any], reason: str
) -> None:
    decision = decide(PAID_INVOICE, [click(**dates)])
    assert decision.status == "attributed"
    assert decision.considered[0].outcome == "credited"
    assert [share.main.reason for share in decision.credits] == [reason]


def test_a_percentage_that_does_not_recur_pays_once_for_a_customer_in_a_campaign() -> None:
    touch = click(terms=TWENTY_ONCE)
    before = once_key(touch.partner_id, touch.campaign_id, TWENTY_ONCE.rules[0], "invoice_paid")
    assert before == PaidOnce(touch.partner_id, touch.campaign_id, None)
    assert paid(PAID_INVOICE, [touch]) == [(4000, "USD", "accrued")]
    assert paid(PAID_INVOICE, [touch], before) == [(0, "USD", "paid_once_already")]
    assert paid(PAID_INVOICE, [touch], before._replace(campaign_id=UUID(int=1)))[0][0] == 4000
    assert paid(PAID_INVOICE, [touch], before._replace(partner_id=UUID(int=1)))[0][0] == 4000


def test_a_fixed_amount_that_does_not_recur_pays_once_for_each_type_of_event() -> None:
    touch = click(terms=altered(FIFTY_ONCE, event_types=("signup", "invoice_paid")))
    before = once_key(touch.partner_id, touch.campaign_id, FIFTY_ONCE.rules[0], "signup")
    assert before == PaidOnce(touch.partner_id, touch.campaign_id, "signup")
    assert paid(SIGNUP, [touch], before) == [(0, "USD", "paid_once_already")]
    assert paid(PAID_INVOICE, [touch], before) == [(5000, "USD", "accrued")]


def test_terms_that_recur_pay_again() -> None:
    touch = click()
    before = once_key(touch.partner_id, touch.campaign_id, TWENTY_PERCENT.rules[0], "invoice_paid")
    assert paid(PAID_INVOICE, [touch], before) == [(4000, "USD", "accrued")]


def test_shares_of_one_event_are_all_paid_even_if_terms_pay_once() -> None:
    touches = clicks(2, model="linear", terms=TWENTY_ONCE, partner_id=UUID(int=100))
    assert [amount for amount, _, _ in paid(PAID_INVOICE, touches)] == [2000, 2000]


def test_thirds_of_a_cent_make_one_cent_for_the_last_click() -> None:
    shares = paid(ONE_CENT, clicks(3, model="linear", terms=ALL_OF_IT))
    assert shares == [(0, "USD", "zero_amount"), (0, "USD", "zero_amount"), (1, "USD", "accrued")]


def test_the_position_model_pays_forty_twenty_forty() -> None:
    shares = paid(PAID_INVOICE, clicks(3, model="position", terms=ALL_OF_IT))
    assert [amount for amount, _, _ in shares] == [8000, 4000, 8000]


def test_every_click_is_priced_by_its_own_terms_and_the_campaign_is_rounded_once() -> None:
    """Half of 10 % of 0.05 and half of 50 % of 0.05: a quarter cent and 1.25 cents, 1.5 cents."""
    first = click(1, days_before=2, terms=altered(TWENTY_PERCENT, percent=Decimal(10)))
    second = click(2, model="linear", terms=altered(TWENTY_PERCENT, percent=Decimal(50)))
    shares = paid(replace(PAID_INVOICE, value_minor=5), [first, second])
    assert [amount for amount, _, _ in shares] == [0, 2]


def test_campaigns_are_rounded_apart() -> None:
    """Half a cent each: together one cent, apart one cent each, because nobody shares a budget."""
    first = click(1, days_before=2, terms=ALL_OF_IT, campaign_id=UUID(int=201))
    second = click(2, model="linear", terms=ALL_OF_IT, campaign_id=UUID(int=202))
    assert [amount for amount, _, _ in paid(ONE_CENT, [first, second])] == [1, 1]
    together = replace(second, campaign_id=first.campaign_id)
    assert [amount for amount, _, _ in paid(ONE_CENT, [first, together])] == [0, 1]


def test_currencies_within_a_campaign_are_never_added() -> None:
    euro = altered(FIFTY_FOR_A_SIGNUP, fixed_minor=1, fixed_currency="EUR")
    dollar = altered(FIFTY_FOR_A_SIGNUP, fixed_minor=1)
    touches = [click(1, days_before=2, terms=euro), click(2, model="linear", terms=dollar)]
    assert paid(SIGNUP, touches) == [(1, "EUR", "accrued"), (1, "USD", "accrued")]


def test_a_click_that_is_not_paid_leaves_its_share_to_nobody() -> None:
    touches = [click(1, days_before=2, terms=None), click(2, model="linear")]
    assert paid(PAID_INVOICE, touches) == [(0, "USD", "no_terms"), (2000, "USD", "accrued")]
