"""The rules of partners: invite, revoke, reinstate."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.api_keys.for_others import revoke_keys_of
from api.features.grants.for_others import grant
from api.features.mail_settings.for_others import refuse_suppressed
from api.features.network_pushes.for_others import tell_of_partner
from api.features.notices.for_others import publish
from api.features.partners.errors import (
    AlreadyActivated,
    AlreadyRevoked,
    EmailTaken,
    NotRevoked,
    PartnerNotFound,
    PartnerRevoked,
    PendingReview,
    UnknownCampaignIds,
)
from api.features.partners.news import created
from api.features.partners.schemas import PartnerCreate, PartnerRevoke
from api.features.sign_in.for_others import end_sessions, invite_partner
from api.jobs.enqueue import enqueue
from shared.ids import new_id, read_id
from shared.models.partner import Partner, Revocation


async def create(session: AsyncSession, wanted: PartnerCreate) -> Partner:
    """A partner with their grants, and an invitation unless they need none."""
    partner: Partner | None = await session.scalar(
        insert(Partner)
        .values(
            email=wanted.email,
            name=wanted.name,
            details=wanted.metadata,
            activated_at=None if wanted.send_invite else func.now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
        .returning(Partner)
    )
    if partner is None:
        raise EmailTaken
    campaign_ids = await _grant(session, partner.id, wanted)
    if wanted.send_invite:
        await invite_partner(session, partner.id)
    await publish(session, created(partner, campaign_ids, invited=wanted.send_invite))
    await tell_of_partner(session, partner.id)
    return partner


async def _grant(session: AsyncSession, partner_id: UUID, wanted: PartnerCreate) -> Sequence[UUID]:
    known: dict[str, UUID | None] | None = None
    if wanted.campaign_ids is not None:
        known = {text: read_id(text) for text in wanted.campaign_ids}
    granted = await grant(
        session,
        partner_id,
        None if known is None else {found for found in known.values() if found},
        wanted.grant_source,
        wanted.commission_snapshot,
    )
    missing = _missing(known, granted.found) if known else []
    if missing:
        raise UnknownCampaignIds(missing=missing)
    return granted.added


def _missing(known: dict[str, UUID | None], found: Iterable[UUID]) -> list[str]:
    there = set(found)
    return [text for text, campaign in known.items() if campaign not in there]


async def get(session: AsyncSession, partner_id: UUID) -> Partner:
    """One partner."""
    partner = await session.scalar(select(Partner).where(Partner.id == partner_id))
    if partner is None:
        raise PartnerNotFound
    return partner


async def revoke(session: AsyncSession, partner_id: UUID, wanted: PartnerRevoke) -> datetime:
    """Shuts a partner out: no sign-in, no key, no new commission; links go on redirecting."""
    revoked: Partner | None = await session.scalar(
        update(Partner)
        .where(Partner.id == partner_id, Partner.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoke_reason=wanted.reason)
        .returning(Partner)
    )
    if revoked is None:
        await get(session, partner_id)
        raise AlreadyRevoked
    span = Revocation(id=new_id(), partner_id=partner_id, reason=wanted.reason)
    session.add(span)
    await session.flush()
    await end_sessions(session, "partner", partner_id)
    await revoke_keys_of(session, partner_id)
    # Whom the network may have heard of, it must hear the end of.
    await tell_of_partner(session, partner_id, even_if_paused=True)
    if wanted.notify:
        await enqueue(session, "partner.revoked_notice", revocation_id=str(span.id))
    assert revoked.revoked_at is not None  # noqa: S101  # the statement above has set it
    return revoked.revoked_at


async def reinstate(session: AsyncSession, partner_id: UUID) -> None:
    """Lets a partner back in; what arrived meanwhile stays uncredited."""
    reinstated = await session.scalar(
        update(Partner)
        .where(Partner.id == partner_id, Partner.revoked_at.is_not(None))
        .values(revoked_at=None, revoke_reason=None)
        .returning(Partner.id)
    )
    if reinstated is None:
        await get(session, partner_id)
        raise NotRevoked
    await session.execute(
        update(Revocation)
        .where(Revocation.partner_id == partner_id, Revocation.reinstated_at.is_(None))
        .values(reinstated_at=func.now())
    )
    await tell_of_partner(session, partner_id)


async def invite_again(session: AsyncSession, partner_id: UUID) -> None:
    """Another invitation, in place of the one before."""
    partner = await get(session, partner_id)
    if partner.activated_at is not None:
        raise AlreadyActivated
    if partner.revoked_at is not None:
        raise PartnerRevoked
    if partner.approved_at is None:
        # The invitation's link would let them in without anybody having decided so.
        raise PendingReview
    await refuse_suppressed(session, partner.email)
    await invite_partner(session, partner_id)
