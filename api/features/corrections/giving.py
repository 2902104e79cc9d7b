"""Adjustments by people: a bonus, a correction by hand, the forgiving of a debt."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.corrections.errors import AdjustmentKeyReused, NothingOwed
from api.features.corrections.reports import Adjustment as Given
from api.features.corrections.schemas import AdjustmentNew, AdjustmentOut
from api.features.corrections.service import adjust
from api.features.ledger.for_others import balances
from shared.ids import new_id
from shared.models.adjustment import Adjustment
from shared.models.partner import Partner
from shared.money import to_major


async def give(
    session: AsyncSession, partner_id: UUID, wanted: AdjustmentNew, by: str
) -> AdjustmentOut:
    """Writes it down, for the next payout; raises AdjustmentKeyReused where the key was used."""
    amount = wanted.amount_minor
    if wanted.kind == "write_off":
        await _refuse_more_than_owed(session, partner_id, wanted.currency, amount)
    key = f"given:{wanted.key or new_id()}"
    given = Given(
        partner_id=partner_id,
        currency=wanted.currency,
        amount_minor=amount,
        kind=wanted.kind,
        key=key,
        reason=wanted.reason,
        details={"by": by},
    )
    if not await adjust(session, [given]):
        raise AdjustmentKeyReused
    return show((await session.scalars(select(Adjustment).where(Adjustment.key == key))).one())


async def _refuse_more_than_owed(
    session: AsyncSession, partner_id: UUID, currency: str, amount: int
) -> None:
    # So that of two at once the second sees what the first has forgiven.
    locked = select(Partner.id).where(Partner.id == partner_id).with_for_update(key_share=True)
    await session.execute(locked)
    found = {one.currency: one for one in await balances(session, partner_id)}
    owed = max(-found[currency].available, 0) if currency in found else 0
    if amount > owed:
        raise NothingOwed(owed=to_major(owed, currency))


def show(adjustment: Adjustment) -> AdjustmentOut:
    """An adjustment as the wire shows it."""
    return AdjustmentOut.model_validate(
        {
            "id": adjustment.id,
            "partner_id": adjustment.partner_id,
            "kind": adjustment.kind,
            "amount": to_major(adjustment.amount_minor, adjustment.currency),
            "currency": adjustment.currency,
            "key": adjustment.key,
            "reason": adjustment.reason,
            "commission_id": adjustment.commission_id,
            "payout_id": adjustment.payout_id,
            "created_at": adjustment.created_at,
        }
    )
