"""Takes commissions back while they are nobody's money yet: by a person, or by a correction."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions.news import announce
from api.features.ledger.for_others import Entry, Posting, moved, post
from api.features.notices.for_others import CommissionReversed
from shared.ids import new_id
from shared.models.adjustment import Adjustment
from shared.models.commission import Commission

By = Literal["person", "correction", "reattribution"]


def bucket_of(commission: Commission) -> str:
    """The account that a commission's money is in until a payout takes it from there."""
    return "pending" if commission.approved_at is None else "available"


def of_one(commission: Commission, **changes: int) -> list[Posting]:
    """Postings for these changes of its partner's accounts."""
    return moved(commission.partner_id, commission.currency, changes, commission_id=commission.id)


async def take_back(
    session: AsyncSession, commissions: Sequence[Commission], *, by: By, reason: str | None = None
) -> None:
    """Reverses all of these, which are locked and in no payout, for good."""
    entries = []
    for commission in commissions:
        rest = commission.amount_minor - commission.clawed_minor - commission.held_minor
        changes = {bucket_of(commission): -rest, "held": -commission.held_minor}
        details = {"by": by} if reason is None else {"by": by, "reason": reason}
        entries.append(
            Entry(f"reverse:{commission.id}", "reversal", of_one(commission, **changes), details)
        )
    if not commissions:
        return
    await post(session, entries)
    session.add_all(leftovers(commissions))
    ids = [commission.id for commission in commissions]
    await session.execute(
        update(Commission)
        .where(Commission.id.in_(ids))
        .values(
            status="reversed",
            reversed_at=func.now(),
            reversed_by=by,
            reversal_reason=reason,
            clawed_minor=Commission.amount_minor,
            held_minor=0,
            adjusted_minor=0,
        )
    )
    await announce(session, CommissionReversed, ids)


def leftovers(commissions: Sequence[Commission]) -> list[Adjustment]:
    """What another payout has settled already of a commission that came back from a failed one."""
    return [
        Adjustment(
            partner_id=commission.partner_id,
            currency=commission.currency,
            amount_minor=-commission.adjusted_minor,
            kind="recredit" if commission.adjusted_minor < 0 else "clawback",
            key=f"leftover:{commission.id}:{new_id()}",
            commission_id=commission.id,
        )
        for commission in commissions
        if commission.adjusted_minor
    ]
