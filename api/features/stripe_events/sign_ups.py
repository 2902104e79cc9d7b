"""How a click becomes a customer: Checkouts, Payment Links and pricing tables, and customers' metadata."""

from datetime import timedelta
from uuid import UUID

from api.features.stripe_events.books import Books
from api.features.stripe_events.customers import called, name, remember, stitch_click
from api.features.stripe_events.discounts import redeem
from api.features.stripe_events.facts import Fact, Outcome, write
from api.features.stripe_events.heard import Heard, id_of, metadata_of, moment
from api.features.stripe_events.names import (
    TENANT,
    USER,
    cref_of,
    customer_of,
    stated_metadata,
    user_of,
)
from api.features.stripe_events.sales import Seen, purchase
from api.jobs.enqueue import enqueue
from shared.visitor import clicked_at

BACKFILL = "stripe_events.name_customer"
LONGEST_WAIT = timedelta(days=3)


async def checkout_completed(books: Books, heard: Heard, seen: Seen) -> Outcome:
    """The click that travelled along becomes the customer; a one-off payment is a sale."""
    checkout, customer = heard.subject, customer_of(heard.subject)
    theirs = called(metadata_of(seen.customer))
    stated = user_of(stated_metadata(checkout)) or seen.stated
    if customer is not None:
        user = await name(books, customer, stated, now_called=theirs)
    else:
        # A guest has no customer at Stripe; the Checkout itself has to do.
        user = stated or str(heard.object_id)
    cref = cref_of(checkout)
    stitched = cref is not None and await stitch_click(books, cref, [user, customer or user])
    await remember(books, [customer, id_of(checkout.get("subscription"))], user)
    sold_as = id_of(checkout.get("payment_intent")) or str(heard.object_id)
    await redeem(books, heard, seen.codes, user, sold_as)
    signed_up = await _sign_up(books, heard, seen, user) if stitched else None
    if stitched and customer is not None and theirs is None and seen.customer is not None:
        await enqueue(books.session, BACKFILL, customer=customer, user_id=user)
    sale = await purchase(books, heard, user)
    if stitched or (cref is None and sale is not None):
        return Outcome("recorded", sale or signed_up)
    if cref is None:
        return Outcome("no_reference", ignored=True)
    return Outcome("click_not_found", waits=_may_come(cref, heard), ignored=True)


def _may_come(cref: str, heard: Heard) -> bool:
    """A click that was made while the database was away comes later than its Checkout."""
    return heard.happened_at - clicked_at(UUID(cref)) < LONGEST_WAIT


async def _sign_up(books: Books, heard: Heard, seen: Seen, user: str) -> UUID:
    customer = customer_of(heard.subject)
    became = moment((seen.customer or {}).get("created"))
    details = {
        "stripeCustomerId": customer,
        "stripeCheckoutSessionId": (
            heard.object_id if heard.type.startswith("checkout.") else None
        ),
    }
    external_id = f"signup:{customer or heard.object_id}"
    return await write(books, heard, Fact("signup", external_id, user, ts=became, details=details))


async def customer_created(books: Books, heard: Heard, seen: Seen) -> Outcome:
    """A sign-up where metadata names the customer, or the click that brought them."""
    customer, shown = heard.object_id, seen.customer or heard.subject
    if customer is None:
        return Outcome("no_customer", ignored=True)
    called_now, cref = called(metadata_of(shown)), cref_of({"metadata": metadata_of(shown)})
    if called_now is None and cref is None:
        return Outcome("no_user_id", ignored=True)
    user = await name(books, customer, None, now_called=called_now)
    if cref is not None:
        await stitch_click(books, cref, [user, customer])
    if heard.type != "customer.created":
        return Outcome("customer_named")
    as_shown = Seen(shown)
    event_id = await _sign_up(books, heard, as_shown, user)
    return Outcome("recorded", event_id)


def backfilled(user_id: str, tenant_id: str) -> dict[str, str]:
    """What is written on a customer at Stripe, so that it says itself whose it is."""
    return {USER: user_id, TENANT: tenant_id}
