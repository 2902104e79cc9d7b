"""Corrections: facts are written once, and every commission they concern is brought to its share."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.for_others import Cause, Withheld, withhold
from api.features.corrections import queries
from api.features.corrections.reports import Adjustment, Outcome, Payment, Reported
from api.features.corrections.shares import Said, part_of, parts
from api.features.ledger.for_others import Entry, moved, post
from shared.ids import new_id
from shared.models.simulation import Repricing
from shared.money import half_up


async def report(session: AsyncSession, said: Reported) -> Outcome:
    """Writes down what was said of a payment, and corrects what its sales have earned; idempotent.

    A refund or dispute that is known before its sale waits, and is applied when that arrives.
    """
    names = queries.named(said.payment.source, said.payment.references)
    await session.execute(queries.LOCK_PAYMENTS, names)
    fresh = await session.scalar(queries.WRITE, {**names, **_row(said)})
    sales = (await session.scalars(queries.SALES, names)).all()
    if fresh is None or not sales:
        return Outcome(fresh is not None, sales, ())
    kind = "dispute" if said.kind == "dispute" else "refund"
    label = f"{said.kind}:{said.payment.source}:{said.key}:{said.status}"
    return await _apply(session, sales, Cause(kind, label, {"correctionId": str(fresh)}))


def _row(said: Reported) -> dict[str, object]:
    amount = said.amount
    return {
        "id": new_id(),
        "kind": said.kind,
        "key": said.key,
        "status": said.status,
        "amount_minor": amount.minor if amount else None,
        "total_minor": amount.total_minor if amount else None,
        "currency": amount.currency if amount else None,
        "ts": said.ts,
        "details": json.dumps(said.details),
    }


async def _apply(session: AsyncSession, sales: Sequence[UUID], cause: Cause) -> Outcome:
    """The locks come before reading: what is credited or reckoned anew at this moment counts too."""
    await session.execute(queries.LOCK_CUSTOMERS, queries.events(sales))
    await session.execute(queries.HOLD_DECISIONS, queries.events(sales))
    shares = await parts_of(session, sales)
    changes = await withhold(session, shares, cause)
    await _rescale(session, shares)
    return Outcome(True, sales, [change.commission.id for change in changes])


async def parts_of(session: AsyncSession, event_ids: Sequence[UUID]) -> dict[UUID, Withheld]:
    """Which part of each of these sales went back, and which is disputed, from all that was said."""
    said: defaultdict[UUID, list[Said]] = defaultdict(list)
    for row in await session.execute(queries.SAID, queries.events(event_ids)):
        part = part_of(
            row.amount_minor, row.currency, row.total_minor, row.value_minor, row.value_currency
        )
        said[row.event_id].append(Said(row.kind, row.key, row.status, part))
    return {event: Withheld(*parts(said[event])) for event in event_ids}


async def returned_parts(session: AsyncSession, event_ids: Sequence[UUID]) -> dict[UUID, Fraction]:
    """Which part of each of these sales went back to its customer by now, from 0 to 1."""
    return {event: share.returned for event, share in (await parts_of(session, event_ids)).items()}


async def catch_up(session: AsyncSession, event_ids: Collection[UUID]) -> None:
    """Applies what was known before these events earned anything; `accrue` answers which they are.

    Callers hold the customers' locks.
    """
    for event in sorted(event_ids):
        cause = Cause("refund", f"known_before:{event}:{new_id()}", {"eventId": str(event)})
        await withhold(session, await parts_of(session, [event]), cause)


async def name_payment(session: AsyncSession, event_id: UUID, payment: Payment) -> Outcome:
    """Says by which other names the payment behind an event is known, as invoice, intent, charge."""
    names = queries.named(payment.source, payment.references)
    await session.execute(queries.LOCK_PAYMENTS, names)
    await session.execute(queries.NAME, {**names, "event": event_id})
    cause = Cause("refund", f"named:{event_id}:{new_id()}", {"eventId": str(event_id)})
    return await _apply(session, [event_id], cause)


async def lock_payment(session: AsyncSession, payment: Payment) -> None:
    """Nothing else is said of this payment until the transaction ends."""
    names = queries.named(payment.source, payment.references)
    await session.execute(queries.LOCK_PAYMENTS, names)


async def adjust(session: AsyncSession, adjustments: Sequence[Adjustment]) -> set[str]:
    """Gives partners what these say, available at once; answers the keys that are new."""
    if not adjustments:
        return set()
    rows = [{"id": new_id(), **asdict(one)} for one in adjustments]
    written = await session.scalars(queries.ADJUST, {"rows": json.dumps(rows, default=str)})
    fresh = set(written)
    await post(session, [_given(one) for one in adjustments if one.key in fresh])
    return fresh


def _given(one: Adjustment) -> Entry:
    changes = {"available": one.amount_minor}
    # Without its commission: in the ledger that stands for what the commission itself came to.
    postings = moved(one.partner_id, one.currency, changes)
    return Entry(f"adjustment:{one.key}", one.kind, postings, one.details)


async def rescale(session: AsyncSession, event_ids: Sequence[UUID]) -> None:
    """Brings what was repriced of these sales to the part of them that wasn't refunded.

    Callers hold the customers' locks, or those of the decisions.
    """
    if event_ids:
        await _rescale(session, await parts_of(session, event_ids))


async def _rescale(session: AsyncSession, shares: Mapping[UUID, Withheld]) -> None:
    """A share that moved from one partner to another shrinks with its sale, like a commission."""
    adjustments, rows = [], []
    for one in await session.execute(queries.REPRICED, queries.events(list(shares))):
        wanted = half_up(int(one.reckoned) * (1 - shares[one.event_id].returned))
        if change := wanted - int(one.booked):
            row = {
                "id": new_id(),
                "event_id": one.event_id,
                "source_id": new_id(),
                "reason": "correction",
                "partner_id": one.partner_id,
                "campaign_id": one.campaign_id,
                "amount_minor": change,
                "currency": one.currency,
            }
            rows.append(row)
            adjustments.append(
                Adjustment(
                    partner_id=one.partner_id,
                    currency=one.currency,
                    amount_minor=change,
                    kind="repricing",
                    key=f"repricing:{row['id']}",
                    reason="The sale behind it was refunded, in part or as a whole.",
                    details={"eventId": str(one.event_id)},
                )
            )
    if rows:
        await session.execute(insert(Repricing), rows)
        await adjust(session, adjustments)
