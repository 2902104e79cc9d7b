"""The rules of commissions: accrued, approved, claimed by a payout, paid, or reversed.

Every change is one UPDATE that names the state it expects, so that of two at once the second sees
what the first has done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions import queries
from api.features.commissions.errors import (
    CommissionNotFound,
    HoldbackActive,
    InTransfer,
    NotApprovable,
    NotReversible,
)
from api.features.commissions.news import announce
from api.features.commissions.schemas import CommissionOut
from api.features.notices.for_others import (
    CommissionApproved,
    CommissionPaid,
    CommissionReversed,
)
from shared.models.commission import Commission
from shared.money import to_major


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a credit has just earned."""

    id: UUID
    credit_id: UUID
    event_id: UUID
    partner_id: UUID
    campaign_id: UUID
    terms_id: UUID
    user_id: str
    amount_minor: int
    currency: str
    holdback_days: int | None
    event_at: datetime
    # The place of the rule within the terms, and whether it is approved without a person.
    rule: int = 0
    auto_approve: bool | None = None


@dataclass(frozen=True, slots=True)
class Payable:
    """What one partner has coming in one currency, and for which commissions."""

    partner_id: UUID
    currency: str
    amount_minor: int
    commission_ids: Sequence[UUID]


def show(
    row: Row[Commission, str, str, str, int | None], *, to_partner: bool = False
) -> CommissionOut:
    """A row of `commissions_shown` as the wire shows it."""
    commission, event_type, partner_name, campaign_name, holdback_days = row
    columns = {column.key: getattr(commission, column.key) for column in Commission.__table__.c}
    return CommissionOut.model_validate(
        {
            **columns,
            "attribution_id": commission.credit_id,
            "user_id": None if to_partner else commission.user_id,
            "event_type": event_type,
            "partner_name": partner_name,
            "campaign_name": campaign_name,
            "amount": to_major(commission.amount_minor, commission.currency),
            "holdback_days": holdback_days,
            "mature_at": commission.matures_at,
        }
    )


async def accrue(session: AsyncSession, accruals: Iterable[Accrual]) -> None:
    """Writes what an event has earned; maturity is counted from now, not from the event."""
    if rows := [asdict(accrual) for accrual in accruals]:
        await session.execute(queries.accrual(), rows)


async def approve(session: AsyncSession, commission_id: UUID) -> CommissionOut:
    """Lets a commission into the next payout."""
    changed = await session.scalar(
        update(Commission)
        .where(Commission.id == commission_id, Commission.status == "accrued", queries.is_mature())
        .values(status="approved", approved_at=func.now())
        .returning(Commission.id)
    )
    commission = await _find(session, commission_id)
    if changed is None:
        if commission.status != "accrued":
            raise NotApprovable
        shown = commission.model_dump(mode="json")
        raise HoldbackActive(matureAt=shown["matureAt"], holdbackDays=shown["holdbackDays"])
    await announce(session, CommissionApproved, [commission_id])
    return commission


async def reverse(session: AsyncSession, commission_id: UUID) -> CommissionOut:
    """Takes back what is not paid yet and no payout has claimed."""
    changed = await session.scalar(
        update(Commission)
        .where(
            Commission.id == commission_id,
            Commission.status.in_(("accrued", "approved")),
            queries.UNCLAIMED,
        )
        .values(status="reversed", reversed_at=func.now())
        .returning(Commission.id)
    )
    commission = await _find(session, commission_id)
    if changed is None:
        raise InTransfer if commission.status == "approved" else NotReversible
    await announce(session, CommissionReversed, [commission_id])
    return commission


async def _find(session: AsyncSession, commission_id: UUID) -> CommissionOut:
    found = await session.execute(queries.commissions_shown().where(Commission.id == commission_id))
    row = found.one_or_none()
    if row is None:
        raise CommissionNotFound
    return show(row)


async def approve_matured(session: AsyncSession) -> None:
    """Approves whatever has been held back for as long as its terms say."""
    approved = await session.scalars(queries.approval_of_matured().returning(Commission.id))
    await announce(session, CommissionApproved, sorted(approved))


async def earned_from(session: AsyncSession, user_id: str) -> Sequence[Row[UUID, UUID, str, str]]:
    """Partner, campaign, kind of terms and type of event of all that a customer has earned others."""
    return (await session.execute(queries.earned_from(user_id))).all()


async def lock_payable(session: AsyncSession) -> list[Payable]:
    """What can be paid out now; nobody else can claim or reverse it until the transaction ends."""
    rows = await session.execute(queries.payable())
    return [Payable(*row) for row in rows]


async def claim(session: AsyncSession, by_payout: Mapping[UUID, Sequence[UUID]]) -> None:
    """Gives what `lock_payable` found to payouts, by their ids."""
    if by_payout:
        await session.execute(queries.claim(by_payout))


async def mark_paid(session: AsyncSession, payout_id: UUID) -> int:
    """Marks a payout's commissions as paid; answers their sum in minor units."""
    paid = (await session.execute(queries.payment(payout_id))).all()
    await announce(session, CommissionPaid, [row.id for row in paid])
    return sum(row.amount_minor for row in paid)
