"""Statements about payouts."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB

from shared.models.payout import Payout

BY_HAND = ("manual", "external")


def run_lock() -> Select[Any]:
    """One run at a time for a tenant, so that two at once don't split what belongs together.

    Nothing hangs on it but tidiness: the commissions themselves are locked too.
    """
    name = literal("payouts:").concat(func.current_setting("app.tenant_id"))
    return select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))


def confirmation(payout_id: UUID, noted: dict[str, Any]) -> Update:
    """Marks a pending payout as paid, if it is one that a person pays."""
    return (
        update(Payout)
        .where(Payout.id == payout_id, Payout.status == "pending", Payout.method.in_(BY_HAND))
        .values(
            status="paid",
            completed_at=func.now(),
            details=Payout.details.concat(cast(literal(noted, JSONB), JSONB)),
        )
    )


def payouts_of(partner_id: UUID) -> Select[Payout]:
    """A partner's payouts."""
    return select(Payout).where(Payout.partner_id == partner_id)
