"""Why an event was credited as it was, or not at all: a decision in words and data for JSON."""

from collections import defaultdict
from fractions import Fraction
from typing import Any

from api.features.attribution.engine import Decision
from api.features.attribution.models import WHOLE, model_name
from api.features.attribution.pricing import Credit, Line
from api.features.attribution.selection import Consideration
from api.features.attribution.sentences import exact_text, money_text, payment, time_text
from api.features.attribution.touches import Event
from shared.money import to_major

NOT_ATTRIBUTED = {
    "no_identity": "No click is known to be this customer's, because nobody has identified them.",
    "no_click": "The customer has no click that may count for this event.",
    "outside_window": "Every click that could count came too long before the event.",
    "not_attributable": "The event corrects an earlier one, so no click earns from it.",
}


def explain(event: Event, decision: Decision) -> dict[str, Any]:
    """Built from the decision alone, so that it can't tell another story than the credits."""
    return {
        "eventId": str(event.id),
        "eventType": event.type,
        "eventAt": time_text(event.ts),
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
        "clickedAt": time_text(click.clicked_at),
        "outcome": click.outcome,
        "sentence": click.sentence,
    }


def _credit(event: Event, credit: Credit) -> dict[str, Any]:
    """Its own figures sum its lines: those in the currency of the first that pays."""
    lines = [_line(event, credit, line) for line in credit.lines]
    paid = [told["sentence"] for told in lines if told["commission"] == "accrued"]
    return {
        "clickId": str(credit.click_id),
        "partnerId": str(credit.partner_id),
        "campaignId": str(credit.campaign_id),
        "weight": weight_text(credit.weight_parts),
        "exactWeight": str(credit.weight),
        "termsId": str(credit.terms_id) if credit.terms_id else None,
        "amount": to_major(credit.amount_minor, credit.main.currency),
        "currency": credit.main.currency,
        "commission": credit.main.reason,
        "sentence": " ".join(paid) or payment(event, credit, credit.main),
        "lines": lines,
    }


def _line(event: Event, credit: Credit, line: Line) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "amount": to_major(line.amount_minor, line.currency),
        "currency": line.currency,
        "commission": line.reason,
        "sentence": payment(event, credit, line),
    }


def _totals(decision: Decision) -> list[dict[str, Any]]:
    """One line for each rounding: an event, a campaign and a currency."""
    pots: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for credit in decision.credits:
        for line in credit.lines:
            pots[str(credit.campaign_id), line.currency].append(line)
    # A currency in which nothing could be owed is worth a line only if there is no other.
    paying = {pot: lines for pot, lines in pots.items() if any(line.exact_minor for line in lines)}
    idle = {campaign for campaign, _ in pots} - {campaign for campaign, _ in paying}
    shown = {pot: lines for pot, lines in pots.items() if pot in paying or pot[0] in idle}
    return [_total(*pot, lines) for pot, lines in shown.items()]


def _total(campaign_id: str, currency: str, lines: list[Line]) -> dict[str, Any]:
    exact = exact_text(sum((line.exact_minor for line in lines), Fraction(0)), currency)
    rounded = money_text(sum(line.rounded_minor for line in lines), currency)
    amount = sum(line.amount_minor for line in lines)
    rounding = "" if exact == rounded else f", rounded half up to {rounded}"
    capped = money_text(amount, currency)
    cap = "" if capped == rounded else f", of which caps leave {capped}"
    return {
        "campaignId": campaign_id,
        "currency": currency,
        "amount": to_major(amount, currency),
        "sentence": f"The campaign owes {exact}{rounding}{cap}.",
    }


def _summary(decision: Decision) -> str:
    if decision.model is None:
        return NOT_ATTRIBUTED[decision.status]
    totals = [f"{total['amount']} {total['currency']}" for total in _totals(decision)]
    clicks = "1 click" if len(decision.considered) == 1 else f"{len(decision.considered)} clicks"
    verb = "is" if len(decision.credits) == 1 else "are"
    credited = f"{len(decision.credits)} of {clicks} {verb} credited"
    return f"{credited} by the {model_name(decision.model)} model: {' + '.join(totals)}."
