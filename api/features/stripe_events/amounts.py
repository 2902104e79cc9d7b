"""Amounts as Stripe writes them, and the part of them that a partner can earn from."""

from fractions import Fraction
from typing import Any

from api.features.stripe_events.heard import Json, listed
from shared.money import decimals_of, half_up

# No decimals, and written in hundredths all the same, as it was before it lost them.
IN_HUNDREDTHS = frozenset(["UGX"])


def minor(amount: int, currency: str) -> int:
    """Ours, of one of Stripe's. Raises MoneyError for a currency that we don't know."""
    decimals_of(currency)
    return half_up(amount, 100) if currency in IN_HUNDREDTHS else amount


def currency_of(subject: Json) -> str:
    return str(subject.get("currency") or "usd").upper()


def whole(subject: Json, name: str) -> int:
    """An amount of an object, 0 where there is none."""
    found = subject.get(name)
    return found if isinstance(found, int) else 0


def net_of_tax(paid: int, total: int, tax: int) -> int:
    """The part of what was paid that isn't tax, rounded once: a payment may be less than the total."""
    if total <= 0 or tax <= 0:
        return paid
    return half_up(Fraction(paid) * (total - tax) / total)


def invoice_tax(invoice: Json) -> int:
    """Taxes within the total, whichever way this version of the API puts them."""
    without = invoice.get("total_excluding_tax")
    if isinstance(without, int):
        return whole(invoice, "total") - without
    if (taxes := listed(invoice.get("total_taxes"))) or "total_taxes" in invoice:
        return sum(whole(each, "amount") for each in taxes)
    return whole(invoice, "tax")


def invoice_value(invoice: Json) -> tuple[int, str]:
    """What a paid invoice is worth, in our minor units."""
    currency = currency_of(invoice)
    paid = whole(invoice, "amount_paid")
    return minor(
        net_of_tax(paid, whole(invoice, "total"), invoice_tax(invoice)), currency
    ), currency


def session_value(session: Json) -> tuple[int, str]:
    """What a paid Checkout is worth."""
    currency, total = currency_of(session), whole(session, "amount_total")
    details: Any = session.get("total_details") or {}
    return minor(net_of_tax(total, total, whole(details, "amount_tax")), currency), currency
