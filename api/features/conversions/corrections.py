"""Events that correct a sale reported before, or yet to be reported: refunds and disputes by API."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.conversions.errors import RefundCurrencyMismatch
from api.features.conversions.queries import API
from api.features.conversions.schemas import Corrected, EventReport
from api.features.corrections.for_others import (
    Amount,
    Outcome,
    Payment,
    dispute_lost,
    dispute_opened,
    dispute_won,
    lock_payment,
    refund,
)
from shared.models.event import Event


async def prepare(session: AsyncSession, corrects: str) -> None:
    """The lock of the sale that is corrected; before any customer's, as where sales are written."""
    await lock_payment(session, Payment(API, [corrects]))


async def correct(
    session: AsyncSession, wanted: EventReport, event: Event, corrects: str
) -> Corrected:
    """Applies it to what the sale has earned, once; without an `externalId`, each is a new one."""
    payment, amount = Payment(API, [corrects]), await _amount(session, wanted, corrects)
    # One dispute of a sale, whatever the ids of the events that tell of it.
    match wanted.type:
        case "refund":
            outcome = await refund(
                session, payment, wanted.external_id or str(event.id), amount, ts=event.ts
            )
        case "dispute_created":
            outcome = await dispute_opened(session, payment, corrects, amount, ts=event.ts)
        case "dispute_won":
            outcome = await dispute_won(session, payment, corrects, amount, ts=event.ts)
        case _:
            outcome = await dispute_lost(session, payment, corrects, amount, ts=event.ts)
    return _shown(outcome)


def _shown(outcome: Outcome) -> Corrected:
    return Corrected(status="applied" if outcome.event_ids else "waiting")


async def _amount(session: AsyncSession, wanted: EventReport, corrects: str) -> Amount | None:
    if wanted.value_minor is None:
        return None
    query = select(Event.currency).where(Event.source == API, Event.external_id == corrects)
    currency = await session.scalar(query)
    if currency is not None and currency != wanted.currency:
        raise RefundCurrencyMismatch(currency=currency)
    return Amount(wanted.value_minor, wanted.currency)
