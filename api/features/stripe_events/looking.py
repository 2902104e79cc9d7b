"""What Stripe shows at this moment, which may be more than what an event carried when it happened.

Without a secret key nothing can be looked up, and events are taken at their word.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from api.features.stripe_events.heard import Json, id_of, listed, metadata_of
from api.features.stripe_events.names import user_of
from api.outside.stripe import NoSuchObject, RequestOptions, Stripe, V1Services, plain

MOST = 100
Asking = Callable[[V1Services, RequestOptions], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Look:
    """Each answers None or nothing for what can't be looked up, or isn't there."""

    stripe: Stripe

    async def _one(self, asking: Asking) -> Json | None:
        if not self.stripe.configured:
            return None
        try:
            found: Json = plain(await self.stripe.read(asking))
        except NoSuchObject:
            return None
        return None if found.get("deleted") is True else found

    async def _several(self, asking: Asking) -> list[Json] | None:
        page = await self._one(asking)
        return None if page is None else listed(page)

    async def customer(self, id: str | None) -> Json | None:
        if id is None:
            return None
        return await self._one(lambda v1, options: v1.customers.retrieve_async(id, {}, options))

    async def stated_of(self, customer: Json | None) -> str | None:
        """What a customer's Checkouts call them, the first that does, where their metadata doesn't."""
        customer_id = id_of(customer)
        if customer_id is None or user_of(metadata_of(customer)) is not None:
            return None
        found = await self._several(
            lambda v1, options: v1.checkout.sessions.list_async(
                {"customer": customer_id, "limit": MOST}, options
            )
        )
        stated = [user_of(metadata_of(each)) for each in reversed(found or ())]
        return next((one for one in stated if one is not None), None)

    async def invoice(self, id: str) -> Json | None:
        """With its payments, which newer versions leave out of events."""
        return await self._one(
            lambda v1, options: v1.invoices.retrieve_async(id, {"expand": ["payments"]}, options)
        )

    async def invoices_of(self, payment_intent: str) -> list[str]:
        """The invoices that a payment was for."""
        found = await self._several(
            lambda v1, options: v1.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": payment_intent}}, options
            )
        )
        named = [id_of(each.get("invoice")) for each in found or ()]
        return [one for one in dict.fromkeys(named) if one is not None]

    async def with_discounts(self, subject: Json) -> Json | None:
        """An invoice or a subscription whose discounts are objects."""
        named, kind = id_of(subject) or "", subject.get("object")
        if kind == "invoice":
            return await self._one(
                lambda v1, options: v1.invoices.retrieve_async(
                    named, {"expand": ["discounts"]}, options
                )
            )
        if kind == "subscription":
            return await self._one(
                lambda v1, options: v1.subscriptions.retrieve_async(
                    named, {"expand": ["discounts"]}, options
                )
            )
        return None

    async def account(self, id: str) -> Json | None:
        return await self._one(lambda v1, options: v1.accounts.retrieve_async(id, {}, options))

    async def charge(self, id: str | None) -> Json | None:
        if id is None:
            return None
        return await self._one(lambda v1, options: v1.charges.retrieve_async(id, {}, options))

    async def refund(self, id: str) -> Json | None:
        return await self._one(lambda v1, options: v1.refunds.retrieve_async(id, {}, options))

    async def refunds_of(self, charge: str) -> list[Json] | None:
        """All of a charge, at most a hundred; None where they can't be looked up."""
        return await self._several(
            lambda v1, options: v1.refunds.list_async({"charge": charge, "limit": MOST}, options)
        )

    async def dispute(self, id: str) -> Json | None:
        return await self._one(lambda v1, options: v1.disputes.retrieve_async(id, {}, options))

    async def checkouts_of(self, payment_intent: str) -> list[Json] | None:
        """The Checkouts that a payment was made in."""
        return await self._several(
            lambda v1, options: v1.checkout.sessions.list_async(
                {"payment_intent": payment_intent}, options
            )
        )

    async def promotion_code(self, id: str) -> Json | None:
        return await self._one(
            lambda v1, options: v1.promotion_codes.retrieve_async(id, {}, options)
        )
