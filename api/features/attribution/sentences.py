"""What a line of a credit pays, or why not, in a sentence that a partner can check on paper."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from api.features.attribution.pricing import Credit, Line, whole_commission
from api.features.attribution.touches import Event, Rule
from shared.money import to_exact_major, to_major

NOT_PAID = {
    "no_terms": "No commission: the partner has no terms in this campaign.",
    "campaign_not_started": "No commission: the event came before the campaign's start.",
    "campaign_ended": "No commission: the event came after the campaign's end.",
    "paid_once_already": "No commission: these terms pay once for a customer, and they have.",
    "not_subsequent": "No commission: this pays from the customer's second such event on.",
    "product_not_paid": "No commission: the products of this event aren't paid for.",
}


def payment(event: Event, credit: Credit, line: Line) -> str:
    """One sentence about one rule."""
    if credit.terms is None or line.reason in NOT_PAID:
        return NOT_PAID[line.reason]
    rule = credit.terms.rules[line.rule]
    if refused := _refused(event, rule, line):
        return f"No commission: {refused}."
    if rule.kind == "percent" and (event.value_minor or 0) <= 0:
        return f"No commission: the event has no value to take {percentage(rule)} of."
    text = _arithmetic(event, credit, rule, line)
    if line.reason == "cap_reached":
        return f"No commission: {text}, but a cap of these terms is reached."
    return f"{text}." if line.reason == "accrued" else f"No commission: {text}."


def _refused(event: Event, rule: Rule, line: Line) -> str | None:
    """What a rule says of its own figures, where it refuses."""
    if line.reason == "event_type_not_paid":
        paid = ", ".join(rule.event_types) or "no type of event"
        return f"these terms pay for {paid}, not for {event.type}"
    if line.reason == "not_the_first":
        return f"this pays for a customer's first {event.type}, and it wasn't"
    if line.reason == "months_over":
        months = "1 month" if rule.months == 1 else f"{rule.months} months"
        return f"this pays for {months} from the customer's first {event.type} on"
    if line.reason == "condition_not_met":
        wanted = "; ".join(f"{name} is {' or '.join(values)}" for name, values in rule.conditions)
        return f"this pays only where {wanted}"
    return None


def _arithmetic(event: Event, credit: Credit, rule: Rule, line: Line) -> str:
    """As one would write it on paper: 20 % of 200.00 USD is 40.00 USD; 1/2 of it is 20.00 USD."""
    whole = exact_text(whole_commission(event, rule), line.currency)
    text = f"{event.type} pays {whole}"
    if rule.kind == "percent":
        value = money_text(event.value_minor or 0, event.currency)
        text = f"{percentage(rule)} of {value} is {whole}"
    exact = exact_text(line.exact_minor, line.currency)
    if credit.weight != 1:
        text += f"; {credit.weight} of it is {exact}"
    rounded = money_text(line.rounded_minor, line.currency)
    if exact != rounded:
        shares = credit.weight != 1 or len(credit.lines) > 1
        together = " together with the campaign's other shares" if shares else ""
        text = f"{text}, rounded{together} to {rounded}"
    if line.reason == "accrued" and line.amount_minor != line.rounded_minor:
        text += f", of which a cap leaves {money_text(line.amount_minor, line.currency)}"
    return text


def percentage(rule: Rule) -> str:
    return f"{Decimal(rule.percent or 0).normalize():f} %"


def money_text(minor: int, currency: str) -> str:
    return f"{to_major(minor, currency)} {currency}"


def exact_text(minor: Fraction, currency: str) -> str:
    return f"{to_exact_major(minor, currency)} {currency}"


def time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
