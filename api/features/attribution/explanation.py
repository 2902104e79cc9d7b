"""Why an event was credited as it was, or not at all: a decision in words and data for JSON."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from api.features.attribution.engine import Decision
from api.features.attribution.models import WHOLE, model_name
from api.features.attribution.pricing import Credit, whole_commission
from api.features.attribution.selection import Consideration
from api.features.attribution.touches import Event, Terms
from shared.money import to_exact_major, to_major

NOT_ATTRIBUTED = {
    "no_identity": "No click is known to be this customer's, because nobody has identified them.",
    "no_click": "The customer has no click that may count for this event.",
    "outside_window": "Every click that could count came too long before the event.",
    "not_attributable": "The event corrects an earlier one, so no click earns from it.",
}

NOT_PAID = {
    "no_terms": "No commission: the partner has no terms in this campaign.",
    "campaign_not_started": "No commission: the event came before the campaign's start.",
    "campaign_ended": "No commission: the event came after the campaign's end.",
    "paid_once_already": "No commission: these terms pay once for a customer, and they have.",
}


def explain(event: Event, decision: Decision) -> dict[str, Any]:
    """Built from the decision alone, so that it can't tell another story than the credits."""
    return {
        "eventId": str(event.id),
        "eventType": event.type,
        "eventAt": _time(event.ts),
        "value": None if event.value_minor is None else to_major(event.value_minor, event.currency),
        "currency": event.currency,
        "status": decision.status,
        "model": decision.model,
        "sentence": _summary(decision),
        "clicks": [_click(click) for click in decision.considered],
        "credits": [_credit(event, credit) for credit in decision.credits],
        "totals": _totals(decision),
    }


def weight_text(weight_parts: int) -> str:
    """Ten-thousandths as they are stored and sent: 3333 is "0.3333"."""
    return f"{weight_parts // WHOLE}.{weight_parts % WHOLE:04}"


def _click(click: Consideration) -> dict[str, Any]:
    return {
        "clickId": str(click.click_id),
        "partnerId": str(click.partner_id),
        "campaignId": str(click.campaign_id),
        "clickedAt": _time(click.clicked_at),
        "outcome": click.outcome,
        "sentence": click.sentence,
    }


def _credit(event: Event, credit: Credit) -> dict[str, Any]:
    return {
        "clickId": str(credit.click_id),
        "partnerId": str(credit.partner_id),
        "campaignId": str(credit.campaign_id),
        "weight": weight_text(credit.weight_parts),
        "exactWeight": str(credit.weight),
        "termsId": str(credit.terms_id) if credit.terms_id else None,
        "amount": to_major(credit.amount_minor, credit.currency),
        "currency": credit.currency,
        "commission": credit.commission_reason,
        "sentence": _payment(event, credit),
    }


def _totals(decision: Decision) -> list[dict[str, Any]]:
    """One line for each rounding: an event, a campaign and a currency."""
    pots: defaultdict[tuple[str, str], list[Credit]] = defaultdict(list)
    for credit in decision.credits:
        pots[str(credit.campaign_id), credit.currency].append(credit)
    return [_total(*pot, shares) for pot, shares in pots.items()]


def _total(campaign_id: str, currency: str, shares: list[Credit]) -> dict[str, Any]:
    exact = _exact(sum((share.exact_minor for share in shares), Fraction(0)), currency)
    amount = _money(sum(share.amount_minor for share in shares), currency)
    rounding = "" if exact == amount else f", rounded half up to {amount}"
    return {
        "campaignId": campaign_id,
        "currency": currency,
        "amount": amount.removesuffix(f" {currency}"),
        "sentence": f"The campaign owes {exact}{rounding}.",
    }


def _summary(decision: Decision) -> str:
    if decision.model is None:
        return NOT_ATTRIBUTED[decision.status]
    totals = [f"{total['amount']} {total['currency']}" for total in _totals(decision)]
    clicks = "1 click" if len(decision.considered) == 1 else f"{len(decision.considered)} clicks"
    verb = "is" if len(decision.credits) == 1 else "are"
    credited = f"{len(decision.credits)} of {clicks} {verb} credited"
    return f"{credited} by the {model_name(decision.model)} model: {' + '.join(totals)}."


def _payment(event: Event, credit: Credit) -> str:
    terms, reason = credit.terms, credit.commission_reason
    if terms is None or reason in NOT_PAID:
        return NOT_PAID[reason]
    if reason == "event_type_not_paid":
        paid = ", ".join(terms.event_types) or "no type of event"
        return f"No commission: these terms pay for {paid}, not for {event.type}."
    if terms.kind == "percent" and (event.value_minor or 0) <= 0:
        return f"No commission: the event has no value to take {_percent(terms)} of."
    text = _arithmetic(event, credit, terms)
    return f"{text}." if reason == "accrued" else f"No commission: {text}."


def _arithmetic(event: Event, credit: Credit, terms: Terms) -> str:
    """As one would write it on paper: 20 % of 200.00 USD is 40.00 USD; 1/2 of it is 20.00 USD."""
    whole = _exact(whole_commission(event, terms), credit.currency)
    text = f"{event.type} pays {whole}"
    if terms.kind == "percent":
        text = f"{_percent(terms)} of {_money(event.value_minor or 0, event.currency)} is {whole}"
    exact = _exact(credit.exact_minor, credit.currency)
    if credit.weight != 1:
        text += f"; {credit.weight} of it is {exact}"
    amount = _money(credit.amount_minor, credit.currency)
    if exact == amount:
        return text
    shared = " together with the campaign's other shares" if credit.weight != 1 else ""
    return f"{text}, rounded{shared} to {amount}"


def _percent(terms: Terms) -> str:
    return f"{Decimal(terms.percent or 0).normalize():f} %"


def _money(minor: int, currency: str) -> str:
    return f"{to_major(minor, currency)} {currency}"


def _exact(minor: Fraction, currency: str) -> str:
    return f"{to_exact_major(minor, currency)} {currency}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
