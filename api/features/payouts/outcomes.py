"""What an answer of Stripe's means for a payout, and the one transaction that writes it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Update, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payouts import records
from api.features.payouts.records import NotAddingUp, fail, move, moved, note, pay
from api.features.payouts.transfers import Order, Transfer
from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer

# After an answer that said nothing; the sweep comes by every quarter of an hour anyway.
COOLDOWN = timedelta(seconds=60)

Kind = Literal["sent", "reversed", "differs", "several", "nothing", "refused", "unclear"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What Stripe has of an order: the transfer, none, too many, a refusal, or no answer at all."""

    kind: Kind
    transfer: Transfer | None = None
    ids: tuple[str, ...] = ()
    code: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, order: Order, found: Sequence[Transfer]) -> "Finding":
        """Of one payout there may be one transfer, of the present generation, as ordered."""
        if not found:
            return cls("nothing")
        ids = tuple(one.id for one in found)
        if len(found) > 1:
            return cls("several", ids=ids)
        [one] = found
        if not order.is_met_by(one):
            return cls("differs", one, ids)
        return cls("sent" if one.is_live else "reversed", one, ids)


async def settle(session: AsyncSession, order: Order, finding: Finding) -> None:
    """Writes down what was found, unless somebody else's turn has come meanwhile."""
    match finding.kind:
        case "sent":
            await _paid(session, order, finding)
        case "reversed":
            if await _moved(session, order, "reversed", problem="transfer_reversed"):
                await fail(session, order.payout_id, "transfer_reversed", None)
                _note(session, order, "reversed", finding)
        case "differs" | "several":
            await _review(session, order, finding)
        case "refused":
            code = finding.code or "stripe_declined"
            if await _moved(session, order, "failed", problem=code, detail=finding.reason):
                await fail(session, order.payout_id, code, finding.reason)
                _note(session, order, "refused", finding)
        case "nothing":
            if await _moved(session, order, "reconcile_required", problem="not_found_at_stripe"):
                _note(session, order, "held", finding)
        case "unclear":
            # Held back for a while, so that whoever is next doesn't ask at once.
            await session.execute(
                _mine(order, None, problem="stripe_unclear", detail=finding.reason).values(
                    leased_until=func.now() + COOLDOWN
                )
            )


async def _paid(session: AsyncSession, order: Order, finding: Finding) -> None:
    assert finding.transfer is not None  # noqa: S101  # what "sent" means
    if not await _moved(session, order, "confirmed"):
        return
    payout = (await session.scalars(select(Payout).where(Payout.id == order.payout_id))).one()
    try:
        await pay(session, payout, finding.transfer.id)
    except NotAddingUp:
        # The money is gone, so nothing may be sent again; what it was for is for people to find.
        await session.execute(
            move(order.payout_id, ("confirmed",), "duplicate_review",
                 problem="commission_set_changed", problem_detail=finding.transfer.id)
        )  # fmt: skip
        await records.close(session, order.payout_id, "failed", error="commission_set_changed")
        _note(session, order, "review", finding)
        return
    _note(session, order, "paid", finding)
    if finding.transfer.returned:
        await records.note_returned(session, payout, finding.transfer.returned)


async def _review(session: AsyncSession, order: Order, finding: Finding) -> None:
    """Money may have moved twice, or other than ordered: nothing is released, people decide."""
    why = "several_transfers" if finding.kind == "several" else "transfer_differs"
    listed = ", ".join(finding.ids)
    if await _moved(session, order, "duplicate_review", problem=why, detail=listed):
        await records.close(
            session,
            order.payout_id,
            "failed",
            error="duplicate_review",
            transfers=list(finding.ids),
        )
        _note(session, order, "review", finding)


def _mine(order: Order, to: str | None, *, problem: str | None, detail: str | None) -> Update:
    """Only while it is still our turn, in the state and generation in which we took it."""
    changes: dict[str, Any] = {
        "problem": problem,
        "problem_detail": detail and detail[: records.LONGEST_TEXT],
    }
    statement = move(order.payout_id, ("posted", "reconcile_required"), to or "posted", **changes)
    if to is None:
        statement = statement.values(state=PayoutTransfer.state)
    return statement.where(
        PayoutTransfer.lease == order.lease, PayoutTransfer.generation == order.generation
    )


async def _moved(
    session: AsyncSession,
    order: Order,
    to: str,
    *,
    problem: str | None = None,
    detail: str | None = None,
) -> bool:
    return await moved(session, _mine(order, to, problem=problem, detail=detail))


def _note(session: AsyncSession, order: Order, action: str, finding: Finding) -> None:
    note(
        session, order.payout_id, records.WORKER, action, key=order.key, attempt=order.attempt,
        transfers=list(finding.ids) or None, code=finding.code, reason=finding.reason,
    )  # fmt: skip
