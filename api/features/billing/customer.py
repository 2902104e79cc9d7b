"""The brand as a customer at Stripe: asked for once, under a key that is frozen before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.subscriptions.for_others import locked_account
from api.outside.stripe import Stripe, plain
from shared.database import Database
from shared.ids import new_id
from shared.models.admin import Admin
from shared.models.billing_account import BillingAccount
from shared.models.tenant import Tenant

# Stripe forgets a key after a day; from then on we look for what came of it before asking again.
KEY_IS_GOOD = timedelta(hours=23)
ROLE = "merchant_self_subscription"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of Stripe; `look_first` when an earlier answer may have been lost for good."""

    known: str | None
    key: UUID
    look_first: bool
    name: str
    email: str | None


async def ensure_customer(
    database: Database, stripe: Stripe, tenant_id: UUID, email: str | None
) -> str:
    """The brand's customer id; no transaction is open while Stripe is asked."""
    async with database.tenant_session(tenant_id) as session:
        asking = await _asking(session, email)
    if asking.known is not None:
        return asking.known
    found = await _find(stripe, tenant_id) if asking.look_first else None
    customer = found or await _create(stripe, tenant_id, asking)
    async with database.tenant_session(tenant_id) as session:
        account = await locked_account(session)
        # Whoever was first is who is billed.
        account.stripe_customer_id = account.stripe_customer_id or customer
        return account.stripe_customer_id


async def _asking(session: AsyncSession, email: str | None) -> Asking:
    account = await locked_account(session)
    now = (await session.scalars(select(func.now()))).one()
    asked = account.customer_asked_at
    look_first = asked is not None and now - asked >= KEY_IS_GOOD
    if account.customer_key is None or look_first:
        account.customer_key, account.customer_asked_at = new_id(), now
    name = (await session.scalars(select(Tenant.display_name))).one()
    oldest = (
        select(Admin.email)
        .where(Admin.activated_at.is_not(None), Admin.revoked_at.is_(None))
        .order_by(Admin.id)
        .limit(1)
    )
    return Asking(
        known=account.stripe_customer_id,
        key=account.customer_key,
        look_first=look_first,
        name=name,
        email=email or await session.scalar(oldest),
    )


async def _find(stripe: Stripe, tenant_id: UUID) -> str | None:
    query = f"metadata['openpartner_tenant_id']:'{tenant_id}'"
    found = await stripe.read(
        lambda v1, options: v1.customers.search_async({"query": query, "limit": 100}, options)
    )
    customers = [plain(each) for each in found.data]
    ours: list[str] = [
        each["id"] for each in customers if each["metadata"].get("openpartner_role") == ROLE
    ]
    # The oldest, so that everybody who looks finds the same one.
    return ours[-1] if ours else None


async def _create(stripe: Stripe, tenant_id: UUID, asking: Asking) -> str:
    """In two steps: what goes with the frozen key must be the same each time, and names change."""
    made = await stripe.write(
        lambda v1, options: v1.customers.create_async(
            {"metadata": {"openpartner_role": ROLE, "openpartner_tenant_id": str(tenant_id)}},
            options,
        ),
        key=f"customer_{asking.key}",
    )
    about: Any = {"name": asking.name[:250]}
    if asking.email is not None:
        about["email"] = asking.email
    await stripe.write(
        lambda v1, options: v1.customers.update_async(made.id, about, options),
        key=f"customer_{made.id}_{new_id()}",
    )
    return made.id


async def account_of(database: Database, tenant_id: UUID) -> BillingAccount | None:
    """As it is, without making one."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        return await session.scalar(select(BillingAccount))
