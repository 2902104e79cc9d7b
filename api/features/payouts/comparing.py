"""Compares our payouts with Stripe's transfers, both ways, and keeps what differs in sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payouts.transfers import Transfer
from shared.models.payout import Payout
from shared.models.payout_difference import KINDS, PayoutDifference
from shared.models.payout_transfer import PayoutTransfer

__all__ = ["KINDS", "LOOK_BACK", "Difference", "by_tenant", "compare"]

# How far back both sides are read; what differed before then stays listed until it is settled.
LOOK_BACK = timedelta(days=8)
# What is this young may still be on its way from one side to the other.
SETTLING = timedelta(minutes=10)
PAID = ("confirmed",)
NOT_PAID = ("failed", "canceled", "reversed")


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement; `subject` is the payout's id, or the transfer's where we know no payout."""

    kind: str
    subject: str
    payout_id: UUID | None
    transfer_id: str | None
    details: dict[str, Any]


async def compare(
    session: AsyncSession, found: Sequence[Transfer], since: datetime
) -> list[Difference]:
    """Keeps what differs now, resolves what no longer does; answers what differs.

    `found` are all transfers of this brand that Stripe has made since then.
    """
    rows = list(await session.execute(_ours(since, [one.id for one in found])))
    differences = _differences(rows, found)
    await _keep(session, differences, since)
    return differences


def _ours(since: datetime, ids: Sequence[str]) -> Any:
    """Payouts of that time, and those that the transfers name; what is being settled is left alone."""
    recent: ColumnElement[bool] = PayoutTransfer.first_posted_at >= since
    return (
        select(Payout, PayoutTransfer)
        .join(PayoutTransfer, PayoutTransfer.payout_id == Payout.id)
        .where(
            or_(recent, Payout.stripe_transfer_id.in_(ids)),
            or_(
                PayoutTransfer.last_attempt_at.is_(None),
                and_(
                    PayoutTransfer.last_attempt_at < func.now() - SETTLING,
                    or_(
                        PayoutTransfer.leased_until.is_(None),
                        PayoutTransfer.leased_until < func.now(),
                    ),
                ),
            ),
        )
    )


def _differences(
    rows: Sequence[Row[Payout, PayoutTransfer]], found: Sequence[Transfer]
) -> list[Difference]:
    theirs: dict[str, list[Transfer]] = {}
    for one in found:
        theirs.setdefault(one.payout_id or "", []).append(one)
    known = {str(payout.id) for payout, _ in rows}
    differences = [
        difference
        for payout, transfer in rows
        if (difference := _of_payout(payout, transfer, theirs.get(str(payout.id), [])))
    ]
    strangers = [one for one in found if one.payout_id not in known]
    return differences + [
        Difference("theirs_not_ours", one.id, None, one.id, {"stripe": _told(one)})
        for one in strangers
    ]


def _of_payout(
    payout: Payout, transfer: PayoutTransfer, theirs: Sequence[Transfer]
) -> Difference | None:
    live = [one for one in theirs if one.is_live]
    kept = next((one for one in theirs if one.id == payout.stripe_transfer_id), None)
    kind = None
    if transfer.state in PAID:
        if not theirs:
            kind = "ours_not_theirs"
        elif kept is None or not kept.is_live or len(live) > 1:
            kind = "state_differs"
        elif (kept.amount, kept.returned, kept.destination) != (
            transfer.amount, transfer.returned, transfer.destination,
        ):  # fmt: skip
            kind = "amount_differs"
    elif transfer.state in NOT_PAID and live:
        kind = "state_differs"
    if kind is None:
        return None
    ours = {"state": transfer.state, "amount": transfer.amount, "destination": transfer.destination,
            "transferId": payout.stripe_transfer_id}  # fmt: skip
    told = {"ours": ours, "stripe": [_told(one) for one in theirs]}
    return Difference(kind, str(payout.id), payout.id, payout.stripe_transfer_id, told)


def _told(one: Transfer) -> dict[str, Any]:
    return {"id": one.id, "amount": one.amount, "currency": one.currency, "returned": one.returned,
            "destination": one.destination, "payoutId": one.payout_id}  # fmt: skip


async def _keep(session: AsyncSession, differences: Sequence[Difference], since: datetime) -> None:
    for one in differences:
        fresh = insert(PayoutDifference).values(
            kind=one.kind, subject=one.subject, payout_id=one.payout_id,
            transfer_id=one.transfer_id, details=one.details,
        )  # fmt: skip
        await session.execute(
            fresh.on_conflict_do_update(
                index_elements=["tenant_id", "kind", "subject"],
                set_={
                    "details": fresh.excluded.details,
                    "last_seen_at": func.now(),
                    "resolved_at": None,
                },
            )
        )
    current = {(one.kind, one.subject) for one in differences}
    still_open = await session.scalars(
        select(PayoutDifference).where(
            PayoutDifference.resolved_at.is_(None),
            # What is older was not compared, and so isn't known to be settled.
            PayoutDifference.created_at >= since,
        )
    )
    for kept in still_open:
        if (kept.kind, kept.subject) not in current:
            kept.resolved_at = func.now()
    await session.flush()


def by_tenant(found: Sequence[Transfer]) -> dict[str, list[Transfer]]:
    """Those that OpenPartner made, by the brand that they were made for; the account's others aren't ours."""
    sorted_out: dict[str, list[Transfer]] = {}
    for one in found:
        if one.tenant_id is not None:
            sorted_out.setdefault(one.tenant_id, []).append(one)
    return sorted_out
