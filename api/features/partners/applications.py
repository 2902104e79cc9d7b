"""People who become partners by themselves: in at once, or once an admin has looked at them."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.grants.for_others import grant
from api.features.network_pushes.for_others import tell_of_partner
from api.features.notices.for_others import publish
from api.features.partners.errors import AlreadyApproved, PartnerNotFound, PartnerRevoked
from api.features.partners.news import created
from api.features.sign_in.for_others import mail_sign_in_link
from api.jobs.enqueue import enqueue
from shared.models.partner import Partner

Details = dict[str, Any]


async def join(session: AsyncSession, email: str, name: str, details: Details) -> Partner | None:
    """A partner of every campaign, as an invited one would be; None where there is one already."""
    partner = await _add(session, email, name, details, waiting=False)
    if partner is None:
        return None
    granted = await grant(session, partner.id, None, "admin")
    await publish(session, created(partner, granted.added, invited=False))
    await mail_sign_in_link(session, email)
    return partner


async def apply(session: AsyncSession, email: str, name: str, details: Details) -> Partner | None:
    """Somebody who waits: no campaign, no link to sign in, only a mail that says so."""
    partner = await _add(session, email, name, details, waiting=True)
    if partner is None:
        return None
    await publish(session, created(partner, (), invited=False))
    await enqueue(session, "partner.applied", receiver=f"mail:{email}", partner_id=str(partner.id))
    return partner


async def approve(session: AsyncSession, partner_id: UUID) -> Partner:
    """Lets in who waits, at the terms of today."""
    approved: Partner | None = await session.scalar(
        update(Partner)
        .where(
            Partner.id == partner_id,
            Partner.approved_at.is_(None),
            Partner.revoked_at.is_(None),
        )
        .values(approved_at=func.now(), activated_at=func.now())
        .returning(Partner)
    )
    if approved is None:
        partner = await session.scalar(select(Partner).where(Partner.id == partner_id))
        if partner is None:
            raise PartnerNotFound
        raise AlreadyApproved if partner.approved_at is not None else PartnerRevoked
    await grant(session, partner_id, None, "admin")
    await tell_of_partner(session, partner_id)
    await mail_sign_in_link(session, approved.email)
    return approved


async def _add(
    session: AsyncSession, email: str, name: str, details: Details, *, waiting: bool
) -> Partner | None:
    since = None if waiting else func.now()
    partner: Partner | None = await session.scalar(
        insert(Partner)
        .values(email=email, name=name, details=details, approved_at=since, activated_at=since)
        .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
        .returning(Partner)
    )
    if partner is not None:
        await tell_of_partner(session, partner.id)
    return partner
