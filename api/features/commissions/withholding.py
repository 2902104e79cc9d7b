"""What refunds and disputes take from commissions: all that they should, and nothing twice.

A commission's share is computed from everything that is known of its payment, and only what is
missing to it is moved; so in whichever order things are heard, they end in the same place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, case, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.news import announce
from api.features.commissions.taking_back import bucket_of, leftovers, of_one
from api.features.ledger.for_others import Entry, post
from api.features.notices.for_others import (
    CommissionAccrued,
    CommissionApproved,
    CommissionReversed,
)
from shared.models.adjustment import Adjustment
from shared.models.commission import Commission
from shared.money import half_up


@dataclass(frozen=True, slots=True)
class Withheld:
    """Which part of an event's value went back to the customer, and which is under dispute."""

    returned: Fraction
    disputed: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why: `key` begins the keys of the ledger's entries, and is used once for a commission."""

    kind: str
    key: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One commission, and what has to be clawed back and held of it from now on."""

    commission: Commission
    clawed_minor: int
    held_minor: int

    @property
    def clawed(self) -> int:
        return self.clawed_minor - self.commission.clawed_minor

    @property
    def held(self) -> int:
        return self.held_minor - self.commission.held_minor

    @property
    def freed(self) -> int:
        """What this adds to what the partner can be paid; mostly below zero."""
        return -self.clawed - self.held

    @property
    def status(self) -> str:
        """Nothing that a payout has claimed is reversed: its money is on the way, or gone."""
        one = self.commission
        if one.payout_id is not None:
            return one.status
        if self.clawed_minor == one.amount_minor:
            return "reversed"
        return "accrued" if one.approved_at is None else "approved"


class KeyUsedTwice(RuntimeError):
    """A cause has moved a commission's money before, so moving it again would not be written."""


async def withhold(
    session: AsyncSession, parts: Mapping[UUID, Withheld], cause: Cause
) -> list[Change]:
    """Brings the commissions of these events to where these parts say that they should be."""
    query = (
        select(Commission)
        .where(Commission.event_id.in_(list(parts)))
        .order_by(Commission.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.scalars(query)).all()
    changes = [change for one in found if (change := _change(one, parts[one.event_id])) is not None]
    if changes:
        await _write(session, changes, cause)
    return changes


def _change(commission: Commission, part: Withheld) -> Change | None:
    if commission.reversed_by not in {None, "correction"}:
        return None
    amount = commission.amount_minor
    clawed = half_up(amount * min(part.returned, Fraction(1)))
    together = half_up(amount * min(part.returned + part.disputed, Fraction(1)))
    change = Change(commission, clawed, together - clawed)
    return change if change.clawed or change.held else None


async def _write(session: AsyncSession, changes: Sequence[Change], cause: Cause) -> None:
    entries = [_entry(change, cause) for change in changes]
    if len(await post(session, entries)) != len(entries):
        raise KeyUsedTwice(cause.key)
    claimed = [change for change in changes if change.commission.payout_id is not None]
    session.add_all(_carriers(claimed, cause))
    before = {change.commission.id: change.commission.status for change in changes}
    reversed_now = [change.commission for change in changes if change.status == "reversed"]
    session.add_all(leftovers(reversed_now))
    await session.flush()
    await session.execute(_update(changes))
    for status, kind in (
        ("reversed", CommissionReversed),
        ("approved", CommissionApproved),
        ("accrued", CommissionAccrued),
    ):
        ids = [
            change.commission.id
            for change in changes
            if change.status == status != before[change.commission.id]
        ]
        await announce(session, kind, ids)


def _entry(change: Change, cause: Cause) -> Entry:
    moves = {bucket_of(change.commission): change.freed, "held": change.held}
    key = f"{cause.key}:{change.commission.id}"
    return Entry(key, cause.kind, of_one(change.commission, **moves), cause.details)


def _carriers(changes: Sequence[Change], cause: Cause) -> list[Adjustment]:
    """For commissions that were claimed as they were: what has changed since waits for the next one."""
    return [
        Adjustment(
            partner_id=change.commission.partner_id,
            currency=change.commission.currency,
            amount_minor=change.freed,
            kind=_kind(change),
            key=f"{cause.key}:{change.commission.id}",
            details=cause.details,
            commission_id=change.commission.id,
        )
        for change in changes
        if change.freed
    ]


def _kind(change: Change) -> str:
    if change.freed < 0:
        return "hold" if change.held > 0 >= change.clawed else "clawback"
    return "release" if change.held < 0 <= change.clawed else "recredit"


def _update(changes: Sequence[Change]) -> Any:
    columns = {
        "id": ([change.commission.id for change in changes], Uuid),
        "clawed": ([change.clawed_minor for change in changes], BigInteger),
        "held": ([change.held_minor for change in changes], BigInteger),
        "carried": (
            [change.freed if change.commission.payout_id else 0 for change in changes],
            BigInteger,
        ),
        "status": ([change.status for change in changes], Text),
    }
    wanted = select(
        *(
            func.unnest(cast(values, ARRAY(kind))).label(name)
            for name, (values, kind) in columns.items()
        )
    ).subquery("wanted")
    is_reversed = wanted.c.status == "reversed"
    return (
        update(Commission)
        .where(Commission.id == wanted.c.id)
        .values(
            clawed_minor=wanted.c.clawed,
            held_minor=wanted.c.held,
            adjusted_minor=case(
                (is_reversed, 0), else_=Commission.adjusted_minor + wanted.c.carried
            ),
            status=wanted.c.status,
            reversed_at=case(
                (is_reversed, func.coalesce(Commission.reversed_at, func.now())), else_=None
            ),
            reversed_by=case((is_reversed, "correction"), else_=None),
        )
        .execution_options(synchronize_session=False)
    )
