"""The rules of redemptions: what a coupon was used for is credited like a click, and once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.for_others import attribute, attribute_backlog
from api.features.conversions.for_others import REDEMPTION, is_redemption, write
from api.features.coupons.for_others import CouponNotFound
from api.features.redemptions import queries
from api.features.redemptions.schemas import Redeem, Redeemed
from shared.ids import new_id
from shared.models.event import Event
from shared.visitor import clicked_at, new_click_id


@dataclass(frozen=True, slots=True)
class Used:
    """A coupon in force, as it was found by its code."""

    id: UUID
    partner_id: UUID
    campaign_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and by whom a coupon was used; `source` and `external_id` are those of the event."""

    user_id: str
    ts: datetime
    source: str
    external_id: str


async def find(session: AsyncSession, code: str) -> Used | None:
    """The coupon in force with this code, however it is spelled."""
    row = (await session.execute(queries.coupon_by_code(code))).one_or_none()
    return None if row is None else Used(*row)


async def redeem(session: AsyncSession, wanted: Redeem) -> Redeemed:
    """Writes down an order with a coupon, and credits the coupon's partner."""
    coupon = await find(session, wanted.code)
    if coupon is None:
        raise CouponNotFound
    event = await _known(session, wanted)
    if event is None:
        event = await _written(session, wanted, coupon)
        if event is not None:
            await make_click(session, coupon, _occasion(event))
            await attribute(session, event)
            return Redeemed(
                ok=True, event_id=event.id, partner_id=coupon.partner_id, replayed=False
            )
        event = await _known(session, wanted)
    if event is None:
        raise RuntimeError("an order was neither written nor found")
    if not is_redemption(event.fingerprint):
        # Reported without the coupon before: credited now, unless somebody was.
        await stitched(session, coupon, _occasion(event))
    return Redeemed(ok=True, event_id=event.id, partner_id=coupon.partner_id, replayed=True)


async def _known(session: AsyncSession, wanted: Redeem) -> Event | None:
    found: Event | None = await session.scalar(
        queries.known(wanted.external_event_id, wanted.event_type)
    )
    return found


async def _written(session: AsyncSession, wanted: Redeem, coupon: Used) -> Event | None:
    """The event, under the order's own name, so that a report or a refund of the order finds it.

    Where another kind of event has that name it gets one of its own. None where it was known.
    """
    for source, name in (
        (queries.API, wanted.external_event_id),
        (queries.COUPON, f"{wanted.event_type}:{wanted.external_event_id}"),
    ):
        event = _event(wanted, coupon, source, name)
        if await write(session, event):
            return event
        if await _known(session, wanted) is not None:
            return None
    return None


def _event(wanted: Redeem, coupon: Used, source: str, external_id: str) -> Event:
    return Event(
        id=new_id(),
        user_id=wanted.user_id,
        type=wanted.event_type,
        value_minor=wanted.value_minor,
        currency=wanted.currency,
        source=source,
        external_id=external_id,
        fingerprint=f"{REDEMPTION}{coupon.code}",
        details={
            "source": queries.COUPON,
            "code": coupon.code,
            "externalEventId": wanted.external_event_id,
        },
        ts=wanted.ts,
    )


def _occasion(event: Event) -> Occasion:
    return Occasion(event.user_id, event.ts, event.source, event.external_id or str(event.id))


async def stitched(
    session: AsyncSession, coupon: Used, occasion: Occasion, payment: str | None = None
) -> int:
    """Makes the customer the coupon's partner's; answers how many earlier events are credited now.

    `payment` is the name (`source:external id`) of a payment that the caller will report next: its
    lock comes before the customer's.
    """
    await session.execute(*queries.lock_customer(occasion.user_id, payment))
    clicked = await make_click(session, coupon, occasion)
    return 0 if clicked is None else await attribute_backlog(session, occasion.user_id, clicked)


async def make_click(session: AsyncSession, coupon: Used, occasion: Occasion) -> datetime | None:
    """The click that stands for the coupon; None where the customer has one that counts already.

    Callers hold the customer's lock.
    """
    click_id = UUID(bytes=new_click_id(int(occasion.ts.timestamp() * 1000)))
    made: datetime | None = await session.scalar(
        queries.STITCH,
        {
            "click_id": click_id,
            "click_ts": clicked_at(click_id),
            "identity_id": new_id(),
            "redemption_id": new_id(),
            "coupon_id": coupon.id,
            "partner_id": coupon.partner_id,
            "campaign_id": coupon.campaign_id,
            "landing": queries.LANDING + coupon.code,
            "agent": queries.AGENT,
            "user_id": occasion.user_id,
            "source": occasion.source,
            "external_id": occasion.external_id,
            "ts": occasion.ts,
        },
    )
    return made
