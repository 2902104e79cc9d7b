"""Writing down what the network has to hear, beside the change that it follows from."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.network.for_others import NetworkNotConfigured, membership_of
from api.features.network_pushes.errors import PushNotDead, PushNotFound
from api.features.network_pushes.schemas import Backfilled
from api.jobs.enqueue import enqueue
from shared.ids import new_id
from shared.models.network import NetworkPush
from shared.models.partner import Partner

JOB = "network.push"
# All of a workspace's pushes take turns in one lane, so that a slow network is asked little at once.
LANE = "network"
BATCH = 500


async def add(
    session: AsyncSession, kind: str, *, partner_id: UUID | None = None, **body: Any
) -> None:
    """One push, told once this transaction is committed."""
    push = NetworkPush(id=new_id(), kind=kind, partner_id=partner_id, body=body)
    session.add(push)
    await session.flush()
    await enqueue(session, JOB, receiver=LANE, push_id=str(push.id))


async def tell_of_partner(
    session: AsyncSession, partner_id: UUID, *, even_if_paused: bool = False
) -> None:
    """How this partner stands; `even_if_paused`: also where partners aren't told of by themselves."""
    membership = await membership_of(session)
    if membership.is_pushing or (even_if_paused and membership.is_connected):
        await add(session, "partner", partner_id=partner_id)


async def tell_of_partners(session: AsyncSession, partner_ids: Sequence[UUID]) -> None:
    """Many at once, in few calls."""
    if (await membership_of(session)).is_pushing:
        await _add_batches(session, partner_ids)


async def tell_of_departure(session: AsyncSession) -> None:
    """The workspace is about to be deleted; one that is restored in time joins anew."""
    if (await membership_of(session)).is_connected:
        await add(session, "departure")


async def _add_batches(session: AsyncSession, partner_ids: Sequence[UUID]) -> None:
    for start in range(0, len(partner_ids), BATCH):
        batch = [str(partner_id) for partner_id in partner_ids[start : start + BATCH]]
        await add(session, "partners", ids=batch)


async def backfill(session: AsyncSession) -> Backfilled:
    """Everybody whom the network knows or may know: also who was shut out while it wasn't told."""
    if not (await membership_of(session)).is_connected:
        raise NetworkNotConfigured
    known = Partner.details["network"]["creatorId"].astext.is_not(None)
    query = select(Partner.id).where(or_(Partner.revoked_at.is_(None), known)).order_by(Partner.id)
    partner_ids = (await session.scalars(query)).all()
    await _add_batches(session, partner_ids)
    return Backfilled(total=len(partner_ids), pushed=0, queued=len(partner_ids))


async def retry(session: AsyncSession, push_id: UUID) -> NetworkPush:
    """Tries a dead push once more, from the first pause on."""
    revived: NetworkPush | None = await session.scalar(
        update(NetworkPush)
        .where(NetworkPush.id == push_id, NetworkPush.status == "dead")
        .values(status="pending")
        .returning(NetworkPush)
    )
    if revived is None:
        if await session.scalar(select(NetworkPush.id).where(NetworkPush.id == push_id)) is None:
            raise PushNotFound
        raise PushNotDead
    await enqueue(session, JOB, receiver=LANE, push_id=str(push_id))
    return revived
