"""Booking the difference between what an event was credited with before, and what it is worth now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.engine import Decision as Decided
from shared.ids import new_id
from shared.models.decision import Decision
from shared.models.simulation import Repricing

# Gross, so that a refund isn't taken twice: what was clawed back of a commission stays so, and its
# sale's other shares shrink with it. What a person reversed can't be taken again.
CREDITED = text(
    """
    select event_id, partner_id, campaign_id, currency, sum(amount_minor) as credited,
        sum(amount_minor) filter (where not gone) as kept
    from (
        select event_id, partner_id, campaign_id, currency, amount_minor,
            status = 'reversed' as gone
        from commissions where event_id = any(:events)
        union all
        select event_id, partner_id, campaign_id, currency, amount_minor, false
        from repricings where event_id = any(:events) and reason <> 'correction'
    ) rows
    group by event_id, partner_id, campaign_id, currency
    """
).bindparams(bindparam("events", type_=ARRAY(Uuid)))


class Share(NamedTuple):
    """Whose money it is, and for which campaign."""

    partner_id: UUID
    campaign_id: UUID
    currency: str


class Before(NamedTuple):
    """What a share was credited with, and how much of that could still be taken."""

    credited: int
    kept: int


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one partner's share of an event is more, or less, than what was credited."""

    event_id: UUID
    share: Share
    amount_minor: int


def shares_of(decision: Decided) -> dict[Share, int]:
    """What a decision gives each partner."""
    shares: defaultdict[Share, int] = defaultdict(int)
    for credit in decision.credits:
        for line in credit.earned:
            share = Share(credit.partner_id, credit.campaign_id, line.currency)
            shares[share] += line.amount_minor
    return dict(shares)


def changes_of(
    event_id: UUID, before: Mapping[Share, Before], after: Mapping[Share, int]
) -> list[Change]:
    """What has to be booked so that what was credited becomes what the event is worth now."""
    changes = []
    for share in sorted({*before, *after}):
        credited, kept = before.get(share, Before(0, 0))
        amount = max(after.get(share, 0) - credited, -kept)
        if amount:
            changes.append(Change(event_id, share, amount))
    return changes


async def credited_before(
    session: AsyncSession, event_ids: Sequence[UUID]
) -> dict[UUID, dict[Share, Before]]:
    """By event: what each partner's share of it came to until now."""
    found: defaultdict[UUID, dict[Share, Before]] = defaultdict(dict)
    for row in await session.execute(CREDITED, {"events": list(event_ids)}):
        share = Share(row.partner_id, row.campaign_id, row.currency)
        found[row.event_id][share] = Before(int(row.credited), int(row.kept or 0))
    return found


async def write_repricings(
    session: AsyncSession,
    changes: Iterable[Change],
    source_id: UUID,
    reason: Literal["replay", "simulation"],
) -> None:
    """The differences event by event, for whoever asks next what was credited before.

    Callers hold these events' decisions.
    """
    rows = [
        {
            "id": new_id(),
            "event_id": change.event_id,
            "source_id": source_id,
            "reason": reason,
            "amount_minor": change.amount_minor,
            **change.share._asdict(),
        }
        for change in changes
    ]
    if rows:
        await session.execute(insert(Repricing), rows)
        events = {row["event_id"] for row in rows}
        await session.execute(
            update(Decision).where(Decision.event_id.in_(events)).values(repriced_at=func.now())
        )
