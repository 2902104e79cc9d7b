"""The rules of conversions: facts are written once, and credited in the same transaction."""

import json
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.for_others import attribute, attribute_backlog, attribution_of
from api.features.clicks.for_others import judge_customer, judge_event
from api.features.conversions import queries
from api.features.conversions.corrections import correct, prepare
from api.features.conversions.errors import ClickNotFound, ExternalIdReused
from api.features.conversions.schemas import Corrected, EventReport, Identified, Identify, Reported
from api.settings import Settings
from shared.ids import new_id
from shared.models.event import Event
from shared.models.identity import Identity
from shared.visitor import clicked_at, parse_cref


async def identify(
    session: AsyncSession, wanted: Identify, settings: Settings, *, trusted: bool = True
) -> Identified:
    """Writes down who a click became; what they did meanwhile is credited now, once.

    Where the click's campaign believes servers only, who isn't `trusted` makes a proposal.
    """
    click_id = parse_cref(wanted.cref)
    if click_id is None:
        raise ClickNotFound
    moment = clicked_at(click_id)
    fresh = await session.scalar(
        queries.identity_written(click_id, moment, wanted.user_id, trusted=trusted).returning(
            Identity.id
        )
    )
    if fresh is not None:
        if trusted:
            await session.execute(queries.proposal_confirmed(click_id, wanted.user_id))
        await judge_customer(session, settings, wanted.user_id, click_id=click_id)
        backfilled = await attribute_backlog(session, wanted.user_id, moment)
        return _identified(fresh, first=True, backfilled=backfilled)
    known = await session.scalar(
        select(Identity.id).where(Identity.click_id == click_id, Identity.user_id == wanted.user_id)
    )
    if known is not None:
        return _identified(known)
    proposal = queries.proposal_written(click_id, moment, wanted.user_id)
    if trusted or await session.scalar(proposal) is None:
        raise ClickNotFound
    return _identified(None)


def _identified(
    identity_id: UUID | None, *, first: bool = False, backfilled: int = 0
) -> Identified:
    return Identified(
        ok=True,
        identity_id=identity_id,
        first_stitch=first,
        backfilled_attributions=backfilled,
        proposed=identity_id is None,
    )


async def report(session: AsyncSession, wanted: EventReport) -> Reported:
    """Writes down what a customer did, and credits whoever brought it about."""
    event = Event(
        id=new_id(),
        user_id=wanted.user_id,
        type=wanted.type,
        value_minor=wanted.value_minor,
        currency=wanted.currency,
        source=queries.API,
        external_id=wanted.external_id,
        fingerprint=_fingerprint(wanted),
        details=wanted.metadata,
        ts=wanted.ts,
    )
    if wanted.corrects is not None:
        await prepare(session, wanted.corrects)
    if not await write(session, event):
        return await _replay(session, event, wanted)
    await judge_event(session, event.user_id, event.details)
    attribution = await attribute(session, event)
    return Reported(
        ok=True,
        event_id=event.id,
        replayed=False,
        attribution=attribution,
        correction=await _corrected(session, wanted, event),
    )


async def _corrected(session: AsyncSession, wanted: EventReport, event: Event) -> Corrected | None:
    if wanted.corrects is None:
        return None
    return await correct(session, wanted, event, wanted.corrects)


async def write(session: AsyncSession, event: Event) -> bool:
    """Writes an event down and holds its customer's lock; False where its external id is known."""
    written = await session.execute(
        queries.event_written(event).returning(Event.ts, Event.created_at)
    )
    moments = written.one_or_none()
    if moments is None:
        return False
    event.ts, event.created_at = moments
    return True


async def record(session: AsyncSession, event: Event) -> tuple[UUID, bool]:
    """An event that another system vouches for under an id of its own; its id, and whether it is new.

    What is known under that id stays as it is, whatever is said of it now. The first time it is
    credited like any other.
    """
    if not await write(session, event):
        known = queries.event_by_external_id(event.source, event.external_id or "")
        return (await session.execute(known)).one().id, False
    await attribute(session, event)
    return event.id, True


def _fingerprint(wanted: EventReport) -> str:
    return sha256(json.dumps(wanted.content, sort_keys=True).encode()).hexdigest()


async def _replay(session: AsyncSession, again: Event, wanted: EventReport) -> Reported:
    query = queries.event_by_external_id(again.source, again.external_id or "")
    first = (await session.execute(query)).one()
    # An order that came with a coupon, and now comes without: the same, in other words.
    redeemed = queries.is_redemption(first.fingerprint) and first.type == again.type
    if not redeemed and first.fingerprint != again.fingerprint:
        raise ExternalIdReused
    attribution = await attribution_of(session, first.id)
    return Reported(
        ok=True,
        event_id=first.id,
        replayed=True,
        attribution=attribution,
        correction=await _corrected(session, wanted, again),
    )
