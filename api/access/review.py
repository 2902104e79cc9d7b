"""What waits for an operator's approval, where the installation looks at brands before they go live."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Forbidden
from api.settings import Settings
from shared.models.tenant import Tenant


class BrandPendingReview(Forbidden, code="brand_pending_review"):
    """The operators of this installation look at each brand before it lets partners in; you get a mail."""


async def refuse_unreviewed(session: AsyncSession, settings: Settings) -> None:
    """Raises BrandPendingReview for whatever lets partners in, until the brand is approved."""
    if not settings.openpartner_brand_review:
        return
    if await session.scalar(select(Tenant.approval_status)) != "approved":
        raise BrandPendingReview
