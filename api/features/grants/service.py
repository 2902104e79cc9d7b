"""Granting: one statement per batch, and never two grants of one campaign to one partner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.coupons.for_others import mint
from api.features.grants.errors import GrantNotFound, NoValidCampaigns, PartnerNotFound
from api.features.terms.for_others import CommissionSnapshot, write_own_terms
from shared.ids import new_id, read_id
from shared.models.campaign import Campaign
from shared.models.grant import Grant
from shared.models.partner import Partner
from shared.models.terms import Terms

Source = Literal["admin", "offering"]


@dataclass(frozen=True, slots=True)
class Granted:
    """Which of the wanted campaigns exist, and which of those were not granted before."""

    found: tuple[UUID, ...]
    added: tuple[UUID, ...]


async def grant(
    session: AsyncSession,
    partner_id: UUID,
    campaign_ids: Collection[UUID] | None,
    source: Source,
    snapshot: CommissionSnapshot | None = None,
) -> Granted:
    """Grants these campaigns (all of them for None) at today's terms, or at the partner's own.

    A grant that had ended begins anew, at today's terms: it is a new agreement.
    """
    campaigns = select(Terms).join(Campaign, Campaign.terms_id == Terms.id)
    if campaign_ids is not None:
        wanted = cast(list(campaign_ids), ARRAY(Uuid))
        campaigns = campaigns.where(Campaign.id == func.any(wanted))
    agreed = list(await session.scalars(campaigns.order_by(Campaign.id)))
    if snapshot is not None and snapshot.is_agreed:
        agreed = [write_own_terms(session, terms, snapshot) for terms in agreed]
        await session.flush()
    found = [terms.campaign_id for terms in agreed]
    added = await _insert(
        session, [partner_id] * len(agreed), found, [terms.id for terms in agreed], source
    )
    return Granted(tuple(found), tuple(added))


async def grant_to_everyone(session: AsyncSession, campaign_id: UUID, terms_id: UUID) -> None:
    """Grants one campaign to every partner who isn't shut out."""
    query = select(Partner.id).where(Partner.revoked_at.is_(None))
    partners = (await session.scalars(query)).all()
    count = len(partners)
    await _insert(session, partners, [campaign_id] * count, [terms_id] * count, "admin")


async def grant_everything(session: AsyncSession, partner_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Grants every campaign to each of these partners, at today's terms; answers the campaigns."""
    query = select(Terms.campaign_id, Terms.id).join(Campaign, Campaign.terms_id == Terms.id)
    agreed = (await session.execute(query.order_by(Campaign.id))).all()
    pairs = [(partner, *terms) for partner in partner_ids for terms in agreed]
    if pairs:
        partners, campaigns, terms_ids = zip(*pairs, strict=True)
        await _insert(session, partners, campaigns, terms_ids, "admin")
    return tuple(campaign for campaign, _ in agreed)


async def _insert(
    session: AsyncSession,
    partners: Sequence[UUID],
    campaigns: Sequence[UUID],
    terms: Sequence[UUID],
    source: Source,
) -> list[UUID]:
    # Arrays rather than rows: a statement carries at most 32 767 parameters, a program more partners.
    ids = [new_id() for _ in partners]
    columns = [
        func.unnest(cast(list(column), ARRAY(Uuid))) for column in (ids, partners, campaigns, terms)
    ]
    fresh = insert(Grant).from_select(
        ["id", "partner_id", "campaign_id", "terms_id", "source"],
        select(*columns, literal(source)),
        include_defaults=False,
    )
    added = await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["tenant_id", "partner_id", "campaign_id"],
            set_={
                "terms_id": fresh.excluded.terms_id,
                "source": fresh.excluded.source,
                "created_at": func.now(),
                "ended_at": None,
            },
            where=Grant.ended_at.is_not(None),
        ).returning(Grant.partner_id, Grant.campaign_id)
    )
    pairs = [(partner_id, campaign_id) for partner_id, campaign_id in added]
    await mint(session, pairs)
    return [campaign_id for _, campaign_id in pairs]


async def add(
    session: AsyncSession, partner_id: UUID, campaign_ids: Collection[str]
) -> tuple[UUID, ...]:
    """Lets a partner promote more campaigns; answers those that are new to them."""
    await refuse_unknown_partner(session, partner_id)
    possible = {known for text in campaign_ids if (known := read_id(text))}
    granted = await grant(session, partner_id, possible, "admin")
    if not granted.found:
        raise NoValidCampaigns
    return granted.added


async def end(session: AsyncSession, partner_id: UUID, campaign_id: UUID) -> None:
    """No new links from now on; those that exist keep working and earning."""
    ended = await session.scalar(
        update(Grant)
        .where(
            Grant.partner_id == partner_id,
            Grant.campaign_id == campaign_id,
            Grant.ended_at.is_(None),
        )
        .values(ended_at=func.now())
        .returning(Grant.id)
    )
    if ended is None:
        raise GrantNotFound


async def refuse_unknown_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Raises unless there is such a partner."""
    if await session.scalar(select(Partner.id).where(Partner.id == partner_id)) is None:
        raise PartnerNotFound
