"""Which of Stripe's events are understood, and by whom: everything else is not even kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from api.features.stripe_events import payees, reversals, sales, sign_ups
from api.features.stripe_events.books import Books
from api.features.stripe_events.facts import Outcome
from api.features.stripe_events.heard import Heard
from api.features.stripe_events.looking import Look
from api.features.subscriptions.for_others import handle_subscription_event

Looking = Callable[[Look, Heard], Awaitable[Any]]
Applying = Callable[[Books, Heard, Any], Awaitable[Outcome]]


async def _nothing(_: Look, __: Heard) -> None:
    return None


async def _not_ours(_: Books, __: Heard, ___: None) -> Outcome:
    """Only about the brand's own subscription would it say anything."""
    return Outcome("nothing_to_do", ignored=True)


@dataclass(frozen=True, slots=True)
class Handling:
    """`look` asks Stripe while no transaction is open; `apply` writes, in one, what follows from it.

    `of_connected`: told of connected accounts, whose other doings are their owners' own business.
    """

    look: Looking
    apply: Applying
    of_connected: bool = False


_CHECKOUT = Handling(sales.look_at_sale, sign_ups.checkout_completed)
_CUSTOMER = Handling(sales.look_at_customer, sign_ups.customer_created)
_BRANDS_OWN = Handling(_nothing, _not_ours)
_TRANSFER = Handling(_nothing, payees.transfer_moved)
_REFUND = Handling(reversals.look_at_refund, reversals.refunded)
_DISPUTE = Handling(reversals.look_at_dispute, reversals.disputed)

HANDLED = {
    "account.updated": Handling(payees.look_at_account, payees.account_updated, of_connected=True),
    "account.application.deauthorized": Handling(_nothing, payees.account_left, of_connected=True),
    "checkout.session.completed": _CHECKOUT,
    "checkout.session.async_payment_succeeded": _CHECKOUT,
    "customer.created": _CUSTOMER,
    "customer.updated": _CUSTOMER,
    "customer.subscription.created": Handling(sales.look_at_sale, sales.subscription_created),
    "customer.subscription.updated": _BRANDS_OWN,
    "customer.subscription.deleted": _BRANDS_OWN,
    "customer.subscription.paused": _BRANDS_OWN,
    "customer.subscription.resumed": _BRANDS_OWN,
    "invoice.paid": Handling(sales.look_at_invoice, sales.invoice_paid),
    "invoice.payment_failed": Handling(sales.look_at_customer, sales.invoice_failed),
    "payment_intent.succeeded": Handling(sales.look_at_intent, sales.intent_succeeded),
    "charge.refunded": Handling(reversals.look_at_charge, reversals.refunded),
    "charge.refund.updated": _REFUND,
    "refund.created": _REFUND,
    "refund.updated": _REFUND,
    "refund.failed": _REFUND,
    "charge.dispute.created": _DISPUTE,
    "charge.dispute.updated": _DISPUTE,
    "charge.dispute.closed": _DISPUTE,
    "charge.dispute.funds_withdrawn": _DISPUTE,
    "charge.dispute.funds_reinstated": _DISPUTE,
    "transfer.created": _TRANSFER,
    "transfer.updated": _TRANSFER,
    "transfer.reversed": _TRANSFER,
}


def handling_of(heard: Heard) -> Handling | None:
    """None for what we make nothing of."""
    found = HANDLED.get(heard.type)
    return found if found and found.of_connected == (heard.account is not None) else None


async def apply(books: Books, handling: Handling, heard: Heard, seen: Any) -> Outcome:
    """What is about the brand as our own customer is never taken for one of the brand's customers."""
    if heard.account is None and await handle_subscription_event(books.session, heard.payload):
        return Outcome("billing")
    return await handling.apply(books, heard, seen)
