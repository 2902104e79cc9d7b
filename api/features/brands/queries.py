"""Reads of one brand by an operator, whose transaction is pinned to the platform and that brand."""

from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.admin import Admin
from shared.models.campaign import Campaign
from shared.models.domain import Domain
from shared.models.partner import Partner
from shared.models.tenant import Tenant

FIND = text("select * from find_brands(:state, :wanted, :before, :most)")
MOST_CAMPAIGNS = 100


async def pinned_brand(
    session: AsyncSession, brand_id: UUID, *, for_update: bool = False
) -> Tenant | None:
    query = select(Tenant).where(Tenant.id == brand_id)
    found: Tenant | None = await session.scalar(query.with_for_update() if for_update else query)
    return found


def admins() -> Select[Admin]:
    return select(Admin).order_by(Admin.id)


def every_admins_address() -> Select[str]:
    """Also of those who never entered: they signed the brand up."""
    return select(Admin.email).order_by(Admin.id)


def domains() -> Select[Domain]:
    return select(Domain).order_by(Domain.host)


def campaigns() -> Select[Campaign]:
    return select(Campaign).order_by(Campaign.id.desc()).limit(MOST_CAMPAIGNS)


async def partner_count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Partner)) or 0
