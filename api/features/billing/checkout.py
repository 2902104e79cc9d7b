"""Checkout: Stripe's page on which a brand begins to pay; one open at a time, and one subscription."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.standing import Standing, standing_of
from api.features.billing.customer import ensure_customer
from api.features.billing.errors import (
    AlreadySubscribed,
    EnterpriseNoCheckout,
    NoPlanChosen,
    PriceNotConfigured,
)
from api.features.billing.schemas import CheckoutStart
from api.features.subscriptions.for_others import (
    NoBillingAtHome,
    follow,
    locked_account,
    seen,
)
from api.outside.stripe import Declined, Stripe, plain
from api.settings import Settings
from shared.database import Database
from shared.ids import new_id
from shared.models.billing_subscription import LIVE

Item = dict[str, Any]


async def open_checkout(
    database: Database, settings: Settings, stripe: Stripe, tenant_id: UUID, wanted: CheckoutStart
) -> str:
    """The address of the page. Stripe is never asked inside a transaction."""
    async with database.tenant_session(tenant_id) as session:
        plan = await _payable_plan(session, settings)
        before = (await locked_account(session)).checkout_session_id
    items = items_of(plan, settings)
    customer = await ensure_customer(database, stripe, tenant_id, wanted.customer_email)
    await _close(stripe, before)
    await _refuse_second(database, settings, stripe, tenant_id, customer)
    about = {"openpartner_tenant_id": str(tenant_id), "openpartner_plan": plan}
    page: Any = {
        "mode": "subscription",
        "customer": customer,
        "line_items": items,
        "payment_method_collection": "always",
        "success_url": wanted.success_url,
        "cancel_url": wanted.cancel_url,
        "metadata": about,
        "subscription_data": {"metadata": about},
    }
    made = await stripe.write(
        lambda v1, options: v1.checkout.sessions.create_async(page, options),
        key=f"checkout_{new_id()}",
    )
    async with database.tenant_session(tenant_id) as session:
        account = await locked_account(session)
        other, account.checkout_session_id = account.checkout_session_id, made.id
    if other != before:
        # Somebody else opened one meanwhile: only the latest can be paid.
        await _close(stripe, other)
    return made.url or ""


async def _payable_plan(session: AsyncSession, settings: Settings) -> str:
    standing = await standing_of(session, settings.openpartner_mode)
    refuse_unbilled(standing)
    if standing.plan is None:
        raise NoPlanChosen
    if standing.subscribed:
        raise AlreadySubscribed
    return standing.plan


def refuse_unbilled(standing: Standing) -> None:
    """Raises NoBillingAtHome or EnterpriseNoCheckout where nothing is paid through Stripe."""
    if standing.mode == "selfhost":
        raise NoBillingAtHome
    if standing.plan == "enterprise":
        raise EnterpriseNoCheckout


def items_of(plan: str, settings: Settings) -> list[Item]:
    """Flex has a monthly price and, where that is set, one for usage; revshare has usage alone."""
    wanted: list[Item] = []
    if plan == "flex":
        base, usage = settings.stripe_flat_price_id, settings.stripe_flat_usage_price_id
        if base is None:
            raise PriceNotConfigured
        wanted.append({"price": base, "quantity": 1})
    else:
        usage = settings.stripe_revshare_usage_price_id
        if usage is None:
            raise PriceNotConfigured
    # How much was used is what the meter counts.
    return wanted + ([{"price": usage}] if usage else [])


async def _close(stripe: Stripe, session_id: str | None) -> None:
    """So that it can't be paid any more; what was paid or has expired already says no."""
    if session_id is not None:
        with suppress(Declined):
            await stripe.write(
                lambda v1, options: v1.checkout.sessions.expire_async(session_id, {}, options),
                key=f"expire_{session_id}",
            )


async def _refuse_second(
    database: Database, settings: Settings, stripe: Stripe, tenant_id: UUID, customer: str
) -> None:
    """Asks Stripe itself: the event of a subscription that was just paid may still be on its way."""
    found = await stripe.read(
        lambda v1, options: v1.subscriptions.list_async(
            {"customer": customer, "status": "all", "limit": 100}, options
        )
    )
    live = [each for each in found.data if each.status in LIVE]
    if live:
        async with database.tenant_session(tenant_id) as session:
            await follow(session, seen(plain(live[0]), settings))
        raise AlreadySubscribed
