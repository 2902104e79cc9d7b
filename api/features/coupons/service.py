"""The rules of coupons: one in force for each grant, codes that are never anybody else's."""

import re
from collections.abc import Sequence
from secrets import token_hex
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.coupons import queries
from api.features.coupons.errors import (
    CampaignNotFound,
    CodeTaken,
    CouponNotFound,
    PartnerNotFound,
    VerificationRequired,
)
from api.features.coupons.schemas import CouponCreate, CouponOut
from shared.ids import new_id, read_id
from shared.models.coupon import Coupon
from shared.models.partner import Partner
from shared.money import to_major

THRESHOLD = 5
LONGEST_NAME = 12
DIGITS = 4
ATTEMPTS = 8


async def mint(session: AsyncSession, grants: Sequence[tuple[UUID, UUID]]) -> None:
    """Gives each of these partners a coupon for the campaign beside, unless they have one."""
    if not grants:
        return
    partners, campaigns = zip(*grants, strict=True)
    wanted = {"partners": list(partners), "campaigns": list(campaigns)}
    for attempt in range(ATTEMPTS):
        colliding = await session.scalar(queries.MINT, {**wanted, "digits": DIGITS + attempt * 4})
        if not colliding:
            return


async def create(session: AsyncSession, partner_id: UUID, wanted: CouponCreate) -> CouponOut:
    """A coupon by hand, for a campaign that the partner promotes."""
    campaign_id = read_id(wanted.campaign_id)
    query = queries.promotes(partner_id, campaign_id or new_id())
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise PartnerNotFound
    if found.id is None:
        raise CampaignNotFound
    verified_at, existing = (await session.execute(queries.proven())).one()
    if verified_at is None and existing >= THRESHOLD:
        raise VerificationRequired(threshold=THRESHOLD, existing=existing)
    codes = [wanted.code] if wanted.code else [_code_for(found.email) for _ in range(ATTEMPTS)]
    for code in codes:
        row = {"id": new_id(), "partner": partner_id, "campaign": found.id, "code": code}
        coupon_id = await session.scalar(queries.CREATE, row)
        if coupon_id is not None:
            coupon = (await session.scalars(select(Coupon).where(Coupon.id == coupon_id))).one()
            [shown] = await show(session, [(coupon, 0)])
            return shown
    raise CodeTaken


def _code_for(email: str) -> str:
    name = re.sub("[^A-Z0-9]", "", email.partition("@")[0].upper())
    return name[:LONGEST_NAME] + token_hex(DIGITS // 2).upper()


async def withdraw(session: AsyncSession, partner_id: UUID, coupon_id: str) -> None:
    """From now on the code credits nobody; what it has earned stays."""
    withdrawn = await session.scalar(
        update(Coupon)
        .where(
            Coupon.id == (read_id(coupon_id) or new_id()),
            Coupon.partner_id == partner_id,
            Coupon.deactivated_at.is_(None),
        )
        .values(deactivated_at=func.now())
        .returning(Coupon.id)
    )
    if withdrawn is None:
        raise CouponNotFound


async def refuse_unknown_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Raises unless there is such a partner."""
    if await session.scalar(select(Partner.id).where(Partner.id == partner_id)) is None:
        raise PartnerNotFound


async def show(session: AsyncSession, rows: Sequence[tuple[Coupon, int]]) -> list[CouponOut]:
    """Coupons with how often each was redeemed, and what came of it."""
    query = queries.revenue_of([coupon.id for coupon, _ in rows])
    revenue: dict[UUID, dict[str, str]] = {}
    for coupon_id, currency, minor in await session.execute(query):
        revenue.setdefault(coupon_id, {})[currency] = to_major(int(minor), currency)
    return [
        CouponOut.model_validate(
            {
                **{column.key: getattr(coupon, column.key) for column in Coupon.__table__.columns},
                "redemptions90d": redeemed,
                "revenue90d": revenue.get(coupon.id, {}),
            }
        )
        for coupon, redeemed in rows
    ]
