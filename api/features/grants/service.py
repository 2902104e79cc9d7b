"""Granting: one statement per batch, and never two grants of one campaign to one partner."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import new_id
from shared.models.campaign import Campaign
from shared.models.grant import Grant
from shared.models.partner import Partner


async def grant(
    session: AsyncSession, partner_id: UUID, campaign_ids: Sequence[UUID] | None, source: str
) -> list[UUID]:
    """Grants these campaigns (all of them for None) at today's terms; answers the newly granted.

    A grant that had ended begins anew, at today's terms: it is a new agreement.
    """
    campaigns = select(Campaign.id, Campaign.terms_id)
    if campaign_ids is not None:
        campaigns = campaigns.where(Campaign.id.in_(campaign_ids))
    found = (await session.execute(campaigns.order_by(Campaign.id))).all()
    return await _insert(
        session,
        [
            {"partner_id": partner_id, "campaign_id": campaign, "terms_id": terms, "source": source}
            for campaign, terms in found
        ],
    )


async def grant_to_everyone(session: AsyncSession, campaign_id: UUID, terms_id: UUID) -> None:
    """Grants one campaign to every partner who isn't shut out."""
    partners = await session.scalars(select(Partner.id).where(Partner.revoked_at.is_(None)))
    await _insert(
        session,
        [
            {
                "partner_id": partner,
                "campaign_id": campaign_id,
                "terms_id": terms_id,
                "source": "admin",
            }
            for partner in partners
        ],
    )


async def _insert(session: AsyncSession, rows: list[dict[str, object]]) -> list[UUID]:
    if not rows:
        return []
    fresh = insert(Grant).values([{"id": new_id(), **row} for row in rows])
    granted = await session.scalars(
        fresh.on_conflict_do_update(
            index_elements=["tenant_id", "partner_id", "campaign_id"],
            set_={
                "terms_id": fresh.excluded.terms_id,
                "source": fresh.excluded.source,
                "ended_at": literal(None),
            },
            where=Grant.ended_at.is_not(None),
        ).returning(Grant.campaign_id)
    )
    return list(granted)
