"""What other events have paid, begun and earned: loaded only where somebody's terms ask for it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Date,
    Select,
    Text,
    cast,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.customer import Customer
from api.features.attribution.history import History, PaidOnce, Span
from api.features.commissions.for_others import KEPT, earned_from
from shared.models.commission import Commission
from shared.models.decision import Credit
from shared.models.event import Event
from shared.models.stripe_reference import StripeReference
from shared.models.terms import Terms

DAY = timedelta(days=1)


async def load_history(session: AsyncSession, customer: Customer, user_id: str) -> None:
    """Fills the customer's history; nothing is asked where no terms pay by it.

    The lock of a capped partner is taken here, after the customer's: of two customers whose events
    would share the last of a cap, the second sees what the first has taken.
    """
    if customer.pays_once:
        for partner_id, campaign_id, kind, event_type in await earned_from(
            session, names_of(user_id)
        ):
            each = None if kind == "percent" else event_type
            customer.history.paid.add(PaidOnce(partner_id, campaign_id, each))
    if customer.asks_for_beginnings:
        for partner_id, event_type, ts in await session.execute(beginnings_of(user_id)):
            customer.history.begin(partner_id, event_type, ts)
    if capped := customer.capped:
        await lock_partners(session, {partner_id for partner_id, _ in capped})


async def load_earnings(
    session: AsyncSession,
    customer: Customer,
    moments: Sequence[datetime],
    without: Sequence[UUID] = (),
) -> None:
    """Fills in what capped partners have earned in the periods of these moments.

    `without` are events that are about to be decided again.
    """
    if not (capped := customer.capped) or not moments:
        return
    query = earnings(list(capped)).where(Commission.event_id.not_in(without))
    periods = {cap.period for terms in capped.values() for cap in terms.caps}
    if "campaign" not in periods:
        first, last = min(moments), max(moments)
        until = last.replace(day=1) + timedelta(days=32)
        query = query.where(Commission.event_at.between(first.replace(day=1) - DAY, until))
    for partner_id, campaign_id, currency, day, amount in await session.execute(query):
        periods_of_day = {f"{day:%Y-%m-%d}", f"{day:%Y-%m}", ""}
        spans = [Span(partner_id, campaign_id, currency, period) for period in periods_of_day]
        customer.history.earn(spans, int(amount))


def names_of(user_id: str) -> CompoundSelect[str]:
    """A customer, and the name at Stripe under which earlier events of theirs may have been filed.

    A merchant may name a customer after their first payment; that was their first all the same.
    """
    at_stripe = select(StripeReference.reference).where(
        StripeReference.user_id == user_id, StripeReference.reference.startswith("cus_")
    )
    return select(literal(user_id)).union_all(at_stripe)


def beginnings_of(user_id: str) -> Select[UUID, str, datetime]:
    """When each partner was first credited for each type of the customer's events."""
    return (
        select(Credit.partner_id, Event.type, func.min(Event.ts))
        .join(Event, Event.id == Credit.event_id)
        .where(Event.user_id.in_(names_of(user_id)))
        .group_by(Credit.partner_id, Event.type)
    )


def earnings(pairs: Sequence[tuple[UUID, UUID]]) -> Select[UUID, UUID, str, date, int]:
    """By partner, campaign, currency and day (of UTC): what these have earned and kept."""
    day = cast(func.timezone("UTC", Commission.event_at), Date)
    return (
        select(
            Commission.partner_id,
            Commission.campaign_id,
            Commission.currency,
            day,
            func.sum(KEPT),
        )
        .where(tuple_(Commission.partner_id, Commission.campaign_id).in_(pairs), KEPT > 0)
        .group_by(Commission.partner_id, Commission.campaign_id, Commission.currency, day)
    )


async def lock_partners(session: AsyncSession, partner_ids: Iterable[UUID]) -> None:
    """One after the other in the same order everywhere, so that nobody waits in a circle."""
    names = cast([f"{one}" for one in sorted(partner_ids)], ARRAY(Text))
    tenant = func.current_setting("app.tenant_id")
    partner = func.unnest(names).column_valued("partner")
    name = literal("earnings:").concat(tenant).concat(":").concat(partner)
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def histories_before(
    session: AsyncSession, user_ids: Sequence[str], moment: datetime
) -> dict[str, History]:
    """What customers' events before this moment have begun and paid."""
    found = {user_id: History() for user_id in user_ids}
    begun = (
        select(Event.user_id, Credit.partner_id, Event.type, func.min(Event.ts))
        .join(Event, Event.id == Credit.event_id)
        .where(Event.user_id.in_(user_ids), Event.ts < moment)
        .group_by(Event.user_id, Credit.partner_id, Event.type)
    )
    for user_id, partner_id, event_type, ts in await session.execute(begun):
        found[user_id].begin(partner_id, event_type, ts)
    paid = (
        select(
            Event.user_id,
            Commission.partner_id,
            Commission.campaign_id,
            Terms.kind,
            Event.type,
        )
        .distinct()
        .join(Event, Event.id == Commission.event_id)
        .join(Terms, Terms.id == Commission.terms_id)
        .where(Event.user_id.in_(user_ids), Event.ts < moment, KEPT > 0)
    )
    for user_id, partner_id, campaign_id, kind, event_type in await session.execute(paid):
        each = None if kind == "percent" else event_type
        found[user_id].paid.add(PaidOnce(partner_id, campaign_id, each))
    return found


async def base_earnings(
    session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]], moment: datetime
) -> list[tuple[Span, int]]:
    """What these had earned before this moment, in each period that it may matter for."""
    query = earnings(pairs).where(Commission.event_at < moment)
    return [
        (Span(partner_id, campaign_id, currency, period), int(amount))
        for partner_id, campaign_id, currency, day, amount in await session.execute(query)
        for period in (f"{day:%Y-%m-%d}", f"{day:%Y-%m}", "")
    ]
