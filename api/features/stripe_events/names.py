"""Who and what an event is about: the ids within it, in shapes old and new."""

from collections.abc import Iterator
from uuid import UUID

from api.features.stripe_events.heard import Heard, Json, id_of, listed, metadata_of
from shared.visitor import parse_cref

TENANT, USER, CREF = "openpartner_tenant_id", "openpartner_user_id", "openpartner_cref"
PAYOUT, PARTNER = "openpartner_payout_id", "openpartner_partner_id"
LONGEST_USER = 255
# What belongs to one customer, and is named by what comes after it.
KINDS = frozenset(("customer", "subscription", "invoice", "payment_intent", "charge"))


def customer_of(subject: Json) -> str | None:
    """Stripe's id of the customer."""
    if subject.get("object") == "customer":
        return id_of(subject)
    return id_of(subject.get("customer"))


def parent_of(invoice: Json) -> Json:
    """The subscription's part of an invoice: under `parent` now, `subscription_details` before."""
    parent = invoice.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    found = details or invoice.get("subscription_details")
    return found if isinstance(found, dict) else {}


def subscription_of(invoice: Json) -> str | None:
    return id_of(parent_of(invoice).get("subscription")) or id_of(invoice.get("subscription"))


def stated_metadata(subject: Json) -> dict[str, str]:
    """What the merchant wrote on the object, or on the subscription behind an invoice."""
    return {**metadata_of(parent_of(subject)), **metadata_of(subject)}


def cref_of(subject: Json) -> str | None:
    """A click id that travelled along: in the reference of a Checkout, or in metadata."""
    given = subject.get("client_reference_id") or stated_metadata(subject).get(CREF)
    found = parse_cref(given) if isinstance(given, str) else None
    return None if found is None else str(found)


def user_of(metadata: dict[str, str]) -> str | None:
    """The merchant's own name for a customer, where they wrote one down."""
    stated = metadata.get(USER, "").strip()
    return stated if 0 < len(stated) <= LONGEST_USER and "\x00" not in stated else None


def payments_of(invoice: Json) -> list[str]:
    """Payment intents and charges that paid an invoice: a list of payments now, fields before."""
    found = [id_of(invoice.get("charge")), id_of(invoice.get("payment_intent"))]
    for each in listed(invoice.get("payments")):
        payment = each.get("payment")
        if isinstance(payment, dict):
            found += [id_of(payment.get("payment_intent")), id_of(payment.get("charge"))]
    return [one for one in dict.fromkeys(found) if one is not None]


def references_of(heard: Heard) -> list[str]:
    """Every id in an event by which it can be known whose it is."""
    return list(dict.fromkeys(_references(heard.subject)))


def _references(subject: Json) -> Iterator[str]:
    for name in ("customer", "invoice", "payment_intent", "charge", "subscription", "setup_intent"):
        if (found := id_of(subject.get(name))) is not None:
            yield found
    own = id_of(subject)
    if own is not None and subject.get("object") in KINDS:
        yield own
    if subject.get("object") == "invoice":
        yield from payments_of(subject)
        if (subscription := subscription_of(subject)) is not None:
            yield subscription


def uuid_of(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
