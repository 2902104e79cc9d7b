"""Connects a partner's Stripe account, and keeps what Stripe says of it.

An account is made under a key that names the partner, so that a second click makes no second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.connect.schemas import ConnectStart, ConnectStarted, ConnectStatus
from api.features.partners.for_others import partner_of
from api.outside.stripe import NoSuchObject, Stripe, plain
from shared.clock import now
from shared.database import Database
from shared.ids import new_id
from shared.models.partner import Partner

PARTNER, TENANT = "openpartner_partner_id", "openpartner_tenant_id"


@dataclass(frozen=True, slots=True)
class Flags:
    """What Stripe lets an account do."""

    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool

    @classmethod
    def of(cls, account: Mapping[str, Any]) -> "Flags":
        return cls(
            account.get("charges_enabled") is True,
            account.get("payouts_enabled") is True,
            account.get("details_submitted") is True,
        )

    def kept(self, at: datetime) -> dict[str, Any]:
        """As a partner's metadata carries them."""
        return {
            "chargesEnabled": self.charges_enabled,
            "payoutsEnabled": self.payouts_enabled,
            "detailsSubmitted": self.details_submitted,
            "updatedAt": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }


async def start(
    database: Database, stripe: Stripe, tenant_id: UUID, partner_id: UUID, wanted: ConnectStart
) -> ConnectStarted:
    """A link to Stripe's own pages, for the account that the partner has or now gets."""
    async with database.tenant_session(tenant_id) as session:
        partner = await partner_of(session, partner_id)
        account, email = partner.stripe_connect_account_id, partner.email
    if account is None:
        account = await _account(database, stripe, tenant_id, partner_id, email)
    asked: Any = {
        "account": account,
        "type": "account_onboarding",
        "return_url": wanted.return_url,
        "refresh_url": wanted.refresh_url,
    }
    # Each link is good once, so that each request makes one; nothing else comes of it.
    link = await stripe.write(
        lambda v1, options: v1.account_links.create_async(asked, options), key=f"link:{new_id()}"
    )
    return ConnectStarted(url=link.url, expires_at=datetime.fromtimestamp(link.expires_at, UTC))


async def _account(
    database: Database, stripe: Stripe, tenant_id: UUID, partner_id: UUID, email: str
) -> str:
    asked: Any = {
        "type": "standard",
        "email": email,
        "metadata": {PARTNER: str(partner_id), TENANT: str(tenant_id)},
    }
    made = await stripe.write(
        lambda v1, options: v1.accounts.create_async(asked, options),
        key=f"connect:{partner_id}",
    )
    async with database.tenant_session(tenant_id) as session:
        # Who came first decides; under one key both have been given the same account anyway.
        kept = await session.scalar(
            update(Partner)
            .where(Partner.id == partner_id)
            .values(
                stripe_connect_account_id=func.coalesce(Partner.stripe_connect_account_id, made.id)
            )
            .returning(Partner.stripe_connect_account_id)
            .execution_options(synchronize_session=False)
        )
    return kept or made.id


async def status(
    database: Database, stripe: Stripe, tenant_id: UUID, partner_id: UUID
) -> ConnectStatus:
    """What Stripe says at this moment, and keeps it: the next run pays by it."""
    async with database.tenant_session(tenant_id) as session:
        account = (await partner_of(session, partner_id)).stripe_connect_account_id
    if account is None:
        return ConnectStatus(connected=False)
    try:
        found = plain(
            await stripe.read(
                lambda v1, options: v1.accounts.retrieve_async(account, options=options)
            )
        )
    except NoSuchObject:
        # Deleted at Stripe, or of another Stripe account of ours: nothing can be sent there.
        found = {"id": account}
    async with database.tenant_session(tenant_id) as session:
        await keep(session, partner_id, account, Flags.of(found), now())
    flags = Flags.of(found)
    return ConnectStatus(
        connected=True,
        account_id=account,
        charges_enabled=flags.charges_enabled,
        payouts_enabled=flags.payouts_enabled,
        details_submitted=flags.details_submitted,
    )


async def account_changed(
    session: AsyncSession, account: Mapping[str, Any], told_at: datetime
) -> bool:
    """For every `account.updated` event: whether the account belongs to one of our partners.

    An account is a partner's only if we connected it: metadata can be written by its owner, so it
    finds a partner, but never changes where their money goes. Events that come late change nothing.
    """
    partner_id = await session.scalar(
        select(Partner.id).where(Partner.stripe_connect_account_id == str(account.get("id")))
    )
    if partner_id is None:
        return False
    await keep(session, partner_id, str(account["id"]), Flags.of(account), told_at)
    return True


async def keep(
    session: AsyncSession, partner_id: UUID, account: str, flags: Flags, told_at: datetime
) -> None:
    """Notes what an account may do, unless something later is known already."""
    known = func.coalesce(Partner.details["stripe"]["updatedAt"].astext, "")
    told = flags.kept(told_at)
    await session.execute(
        update(Partner)
        .where(
            Partner.id == partner_id,
            Partner.stripe_connect_account_id == account,
            known <= told["updatedAt"],
        )
        .values(details=Partner.details.concat(cast(literal({"stripe": told}, JSONB), JSONB)))
        .execution_options(synchronize_session=False)
    )
