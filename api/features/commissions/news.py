"""What is told of commissions: every change of state, with all that a tracker wants to know."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.notices.for_others import CommissionNews, CommissionPaid, publish
from shared.models.commission import Commission
from shared.models.decision import Credit
from shared.models.event import Event
from shared.money import to_major

BATCH = 500


def facts(ids: Sequence[UUID]) -> Select[Commission, Credit, Event]:
    """Commissions with the credit and the event they come from, oldest first."""
    return (
        select(Commission, Credit, Event)
        .join(Credit, Credit.id == Commission.credit_id)
        .join(Event, Event.id == Commission.event_id)
        .where(Commission.id.in_(ids))
        .order_by(Commission.id)
    )


async def announce(session: AsyncSession, kind: type[CommissionNews], ids: Sequence[UUID]) -> None:
    """Publishes that these commissions are now what `kind` says."""
    for start in range(0, len(ids), BATCH):
        rows = (await session.execute(facts(ids[start : start + BATCH]))).all()
        await publish(session, [_news(kind, *row) for row in rows])


def _news(
    kind: type[CommissionNews], commission: Commission, credit: Credit, event: Event
) -> CommissionNews:
    value = event.value_minor
    told: dict[str, Any] = {
        "commission_id": commission.id,
        "partner_id": commission.partner_id,
        "amount": to_major(commission.amount_minor, commission.currency),
        "currency": commission.currency,
        "attribution_id": credit.id,
        "click_id": credit.click_id,
        "event_id": event.id,
        "campaign_id": commission.campaign_id,
        "event_type": event.type,
        "event_value": None if value is None else to_major(value, event.currency),
    }
    if kind is CommissionPaid:
        told["payout_id"] = commission.payout_id
    return kind.model_validate(told)
