"""Reads of how far a brand has come."""

from sqlalchemy import Select, func, select

from shared.models.campaign import Campaign
from shared.models.partner import Partner
from shared.models.tenant import Tenant


def progress() -> Select[str, str, int, int, int]:
    """Slug and approval, and the numbers of campaigns, partners, and partners who wait."""
    there = Partner.revoked_at.is_(None)
    campaigns = select(func.count()).select_from(Campaign).scalar_subquery()
    partners = select(func.count()).select_from(Partner).where(there).scalar_subquery()
    waiting = (
        select(func.count())
        .select_from(Partner)
        .where(there, Partner.approved_at.is_(None))
        .scalar_subquery()
    )
    return select(Tenant.slug, Tenant.approval_status, campaigns, partners, waiting)
