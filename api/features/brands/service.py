"""The rules of deciding about a brand: each decision is made once, and its admins hear of it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.standing import Mode, Plan, standing_of
from api.features.brands import queries
from api.features.brands.errors import AlreadySo, UnknownBrand, UnknownBrandsCampaign
from api.features.brands.letters import decision
from api.features.brands.schemas import (
    BrandAdmin,
    BrandCampaign,
    BrandDetail,
    BrandDomain,
    BrandOut,
    Rejection,
)
from api.features.mail_settings.for_others import addresses_of_admins, post_later
from api.features.signup_blocks.for_others import block as block_signups
from api.features.subscriptions.for_others import locked_account
from shared.models.campaign import Campaign
from shared.models.tenant import Tenant


async def find(
    session: AsyncSession, state: str | None, wanted: str | None, before: UUID | None, most: int
) -> list[BrandOut]:
    """Newest first: by state, and by slug, id, domain, name or the address of an admin."""
    asked = {"state": state, "wanted": wanted, "before": before, "most": most}
    rows = await session.execute(queries.FIND, asked)
    return [BrandOut.model_validate(row) for row in rows]


async def detail(session: AsyncSession, brand_id: UUID, mode: Mode) -> BrandDetail:
    """Raises UnknownBrand."""
    brand = await _brand(session, brand_id)
    standing = await standing_of(session, mode)
    return BrandDetail(
        **BrandOut.model_validate(brand).model_dump(by_alias=False),
        status_reason=brand.status_reason,
        plan=standing.plan,
        in_trial=standing.in_trial,
        subscribed=standing.subscribed,
        partner_count=await queries.partner_count(session),
        admins=[BrandAdmin.model_validate(row) for row in await session.scalars(queries.admins())],
        domains=[
            BrandDomain.model_validate(row) for row in await session.scalars(queries.domains())
        ],
        campaigns=[
            BrandCampaign.model_validate(row) for row in await session.scalars(queries.campaigns())
        ],
    )


async def approve(session: AsyncSession, brand_id: UUID, *, notify: bool = True) -> BrandOut:
    """The brand may let partners in; a rejected one is open again too."""
    brand = await _brand(session, brand_id, for_update=True)
    if brand.approval_status == "approved":
        raise AlreadySo
    if brand.approval_status == "rejected":
        _open(brand)
    brand.approval_status = "approved"
    return await _said(session, brand, "approve", None, notify=notify)


async def reject(session: AsyncSession, brand_id: UUID, wanted: Rejection, by: str) -> BrandOut:
    """Shut, and its links lead nowhere; on demand nobody of it signs up again."""
    brand = await _brand(session, brand_id, for_update=True)
    if brand.approval_status == "rejected":
        raise AlreadySo
    brand.approval_status = "rejected"
    _shut(brand, wanted.reason)
    for email in await session.scalars(queries.every_admins_address()):
        if wanted.ban_email:
            await block_signups(session, "email", email, wanted.reason, by)
        if wanted.ban_domain:
            domain = email.rpartition("@")[2]
            await block_signups(session, "domain", domain, wanted.reason, by)
    return await _said(session, brand, "reject", wanted.reason, notify=wanted.notify_brand)


async def suspend(session: AsyncSession, brand_id: UUID, reason: str, *, notify: bool) -> BrandOut:
    """Shut for the time being; its links go on leading where they did."""
    brand = await _brand(session, brand_id, for_update=True)
    if brand.status != "active":
        raise AlreadySo
    _shut(brand, reason)
    return await _said(session, brand, "suspend", reason, notify=notify)


async def reinstate(session: AsyncSession, brand_id: UUID, *, notify: bool = True) -> BrandOut:
    """Open again, as it was. A rejected brand has to be approved instead."""
    brand = await _brand(session, brand_id, for_update=True)
    if brand.status != "suspended" or brand.approval_status == "rejected":
        raise AlreadySo
    _open(brand)
    return await _said(session, brand, "reinstate", None, notify=notify)


async def block_campaign(
    session: AsyncSession, brand_id: UUID, campaign_id: UUID, reason: str
) -> BrandCampaign:
    """Its links lead nowhere from now on; what was earned through them stays earned."""
    brand = await _brand(session, brand_id)
    campaign = await _campaign(session, campaign_id)
    if campaign.blocked_at is not None:
        raise AlreadySo
    campaign.blocked_at, campaign.blocked_reason = func.now(), reason
    await session.flush()
    await session.refresh(campaign)
    await _tell(session, brand, "block", f"{campaign.name}: {reason}")
    return BrandCampaign.model_validate(campaign)


async def unblock_campaign(
    session: AsyncSession, brand_id: UUID, campaign_id: UUID
) -> BrandCampaign:
    await _brand(session, brand_id)
    campaign = await _campaign(session, campaign_id)
    if campaign.blocked_at is None:
        raise AlreadySo
    campaign.blocked_at, campaign.blocked_reason = None, None
    await session.flush()
    return BrandCampaign.model_validate(campaign)


async def set_plan(
    session: AsyncSession, brand_id: UUID, plan: Plan | None, mode: Mode
) -> BrandDetail:
    """An agreement outside Stripe, which nobody but an operator can make."""
    await _brand(session, brand_id)
    account = await locked_account(session)
    account.plan = plan
    await session.flush()
    return await detail(session, brand_id, mode)


def _shut(brand: Tenant, reason: str) -> None:
    brand.status, brand.suspended_at, brand.status_reason = "suspended", func.now(), reason


def _open(brand: Tenant) -> None:
    brand.status, brand.suspended_at, brand.status_reason = "active", None, None


async def _brand(session: AsyncSession, brand_id: UUID, *, for_update: bool = False) -> Tenant:
    found = await queries.pinned_brand(session, brand_id, for_update=for_update)
    if found is None:
        raise UnknownBrand
    return found


async def _campaign(session: AsyncSession, campaign_id: UUID) -> Campaign:
    query = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    found: Campaign | None = await session.scalar(query)
    if found is None:
        raise UnknownBrandsCampaign
    return found


async def _said(
    session: AsyncSession, brand: Tenant, kind: str, reason: str | None, *, notify: bool
) -> BrandOut:
    await session.flush()
    await session.refresh(brand)
    if notify:
        await _tell(session, brand, kind, reason)
    return BrandOut.model_validate(brand)


async def _tell(session: AsyncSession, brand: Tenant, kind: str, reason: str | None) -> None:
    for email in await session.scalars(addresses_of_admins()):
        await post_later(session, decision(kind, brand.display_name, email, reason))
