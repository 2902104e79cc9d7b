"""What customers pay: invoices, one-off payments, and the subscriptions that they begin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from api.features.corrections.for_others import Payment, name_payment
from api.features.stripe_events.amounts import (
    currency_of,
    invoice_value,
    minor,
    session_value,
    whole,
)
from api.features.stripe_events.books import Books
from api.features.stripe_events.customers import called, name, remember
from api.features.stripe_events.discounts import codes_of, redeem
from api.features.stripe_events.facts import SOURCE, Fact, Outcome, write
from api.features.stripe_events.heard import Heard, Json, id_of, listed, metadata_of
from api.features.stripe_events.looking import Look
from api.features.stripe_events.names import (
    customer_of,
    payments_of,
    stated_metadata,
    subscription_of,
    user_of,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What Stripe shows of the customer and, for an invoice, of what paid it.

    `stated` is what a Checkout of theirs calls them; `codes` are those of the discounts they had.
    """

    customer: Json | None
    stated: str | None = None
    payments: Sequence[str] = ()
    codes: Sequence[str] = ()


async def look_at_customer(look: Look, heard: Heard) -> Seen:
    customer = await look.customer(customer_of(heard.subject))
    return Seen(customer, await look.stated_of(customer))


async def look_at_sale(look: Look, heard: Heard) -> Seen:
    seen = await look_at_customer(look, heard)
    return replace(seen, codes=await codes_of(look, heard.subject))


async def look_at_invoice(look: Look, heard: Heard) -> Seen:
    seen = await look_at_sale(look, heard)
    payments = payments_of(heard.subject)
    if not payments and heard.object_id is not None:
        payments = payments_of(await look.invoice(heard.object_id) or {})
    return replace(seen, payments=payments)


async def who(books: Books, subject: Json, seen: Seen) -> str | None:
    """The user id of whoever an object is of; None where it names nobody."""
    stated = user_of(stated_metadata(subject)) or seen.stated
    if (customer_id := customer_of(subject)) is None:
        return stated
    theirs = called(metadata_of(seen.customer))
    return await name(books, customer_id, stated, now_called=theirs)


async def invoice_paid(books: Books, heard: Heard, seen: Seen) -> Outcome:
    """A sale, but for invoices that cost nothing: the first of a trial is no first payment."""
    invoice, invoice_id = heard.subject, heard.object_id
    value, currency = invoice_value(invoice)
    user = await who(books, invoice, seen)
    if invoice_id is None or user is None:
        return Outcome("no_customer", ignored=True)
    if value <= 0:
        return Outcome("nothing_paid", ignored=True)
    subscription = subscription_of(invoice)
    details = {
        "stripeInvoiceId": invoice_id,
        "stripeChargeId": next((one for one in seen.payments if one.startswith("ch_")), None),
        "stripeCustomerId": customer_of(invoice),
        "stripeSubscriptionId": subscription,
        "billingReason": invoice.get("billing_reason"),
        "productIds": products_of(invoice),
    }
    await redeem(books, heard, seen.codes, user, invoice_id)
    fact = Fact("invoice_paid", invoice_id, user, value, currency, details=details)
    event_id = await write(books, heard, fact)
    if seen.payments:
        await name_payment(books.session, event_id, Payment(SOURCE, seen.payments))
    await remember(books, [invoice_id, subscription, *seen.payments], user)
    return Outcome("recorded", event_id)


def products_of(invoice: Json) -> list[str]:
    """What was bought: the products of an invoice's lines, wherever this version puts them."""
    found: list[str | None] = []
    for line in listed(invoice.get("lines")):
        pricing = line.get("pricing")
        details = pricing.get("price_details") if isinstance(pricing, dict) else None
        price = line.get("price")
        places = (details, price, line.get("plan"))
        found += [id_of(place.get("product")) for place in places if isinstance(place, dict)]
    return sorted({one for one in found if one is not None})


async def invoice_failed(books: Books, heard: Heard, seen: Seen) -> Outcome:
    """For the trail: nobody earns from it or loses by it."""
    invoice = heard.subject
    currency = currency_of(invoice)
    user = await who(books, invoice, seen)
    if user is None:
        return Outcome("no_customer", ignored=True)
    details = {"stripeInvoiceId": heard.object_id, "attemptCount": invoice.get("attempt_count")}
    due = -minor(whole(invoice, "amount_due"), currency)
    fact = Fact("invoice_payment_failed", heard.id, user, due, currency, details=details)
    return Outcome("recorded", await write(books, heard, fact))


async def subscription_created(books: Books, heard: Heard, seen: Seen) -> Outcome:
    user = await who(books, heard.subject, seen)
    if user is None or heard.object_id is None:
        return Outcome("no_customer", ignored=True)
    details = {
        "stripeSubscriptionId": heard.object_id,
        "stripeCustomerId": customer_of(heard.subject),
        "productIds": products_of({"lines": heard.subject.get("items")}),
    }
    await redeem(books, heard, seen.codes, user, heard.object_id)
    fact = Fact("subscription_created", heard.object_id, user, details=details)
    event_id = await write(books, heard, fact)
    await remember(books, [heard.object_id], user)
    return Outcome("recorded", event_id)


async def purchase(books: Books, heard: Heard, user: str) -> UUID | None:
    """The one-off payment of a Checkout; None where an invoice tells of it, or nothing was paid yet."""
    checkout = heard.subject
    value, currency = session_value(checkout)
    paid = checkout.get("mode") == "payment" and checkout.get("payment_status") == "paid"
    if not paid or _has_invoice(checkout) or value <= 0:
        return None
    intent = id_of(checkout.get("payment_intent"))
    details = {
        "stripeCheckoutSessionId": heard.object_id,
        "stripePaymentIntentId": intent,
        "stripeCustomerId": customer_of(checkout),
        "stripePaymentLinkId": id_of(checkout.get("payment_link")),
    }
    sale = Fact("purchase", intent or str(heard.object_id), user, value, currency, details=details)
    event_id = await write(books, heard, sale)
    await remember(books, [intent], user)
    return event_id


def _has_invoice(checkout: Json) -> bool:
    """An invoice that is made after the payment may not be there yet, but it will be."""
    coming = checkout.get("invoice_creation")
    promised = isinstance(coming, dict) and coming.get("enabled") is True
    return promised or checkout.get("invoice") is not None


@dataclass(frozen=True, slots=True)
class SeenIntent(Seen):
    """`elsewhere`: an invoice or a Checkout tells of this payment."""

    elsewhere: bool = False


async def look_at_intent(look: Look, heard: Heard) -> SeenIntent:
    intent = heard.object_id or ""
    if user_of(heard.metadata) is None or heard.subject.get("invoice") is not None:
        return SeenIntent(None, elsewhere=True)
    if await look.invoices_of(intent) or await look.checkouts_of(intent):
        return SeenIntent(None, elsewhere=True)
    return SeenIntent(await look.customer(customer_of(heard.subject)))


async def intent_succeeded(books: Books, heard: Heard, seen: SeenIntent) -> Outcome:
    """A payment that a merchant's own pages took: theirs to name the customer in its metadata."""
    intent = heard.subject
    if seen.elsewhere or heard.object_id is None:
        return Outcome("told_elsewhere", ignored=True)
    user = await who(books, intent, seen)
    currency = currency_of(intent)
    value = minor(whole(intent, "amount_received"), currency)
    if user is None or value <= 0:
        return Outcome("nothing_paid", ignored=True)
    details = {
        "stripePaymentIntentId": heard.object_id,
        "stripeCustomerId": customer_of(intent),
        "stripeChargeId": id_of(intent.get("latest_charge")),
    }
    fact = Fact("purchase", heard.object_id, user, value, currency, details=details)
    event_id = await write(books, heard, fact)
    await remember(books, [heard.object_id, id_of(intent.get("latest_charge"))], user)
    return Outcome("recorded", event_id)
