"""Statements about payouts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.models.partner import Partner
from shared.models.payout import Payout
from shared.models.payout_difference import PayoutDifference
from shared.models.payout_run import PayoutRun
from shared.models.payout_transfer import PayoutTransfer

BY_HAND = ("manual", "external")
SCHEDULE = "schedule"
# What is this old and not through has been seen by the sweep at least once, and needs eyes.
STUCK_AFTER = timedelta(minutes=20)
TRANSFER_STATES = (
    "intent", "posted", "confirmed", "failed", "canceled", "reversed", "reconcile_required",
    "duplicate_review",
)  # fmt: skip
STATUSES = ("pending", "paid", "failed")


def run_lock() -> Select[Any]:
    """One run at a time for a tenant, so that two at once don't split what belongs together.

    Nothing hangs on it but tidiness: the commissions themselves are locked too.
    """
    name = literal("payouts:").concat(func.current_setting("app.tenant_id"))
    return select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))


def open_payouts() -> Select[UUID, str]:
    """Who has a payout under way, and in which currency."""
    return select(Payout.partner_id, Payout.currency).where(Payout.status == "pending")


def confirmation(payout_id: UUID, noted: dict[str, Any]) -> Update:
    """Marks a pending payout as paid, if it is one that a person pays and nobody else has to agree."""
    return (
        update(Payout)
        .where(
            Payout.id == payout_id,
            Payout.status == "pending",
            Payout.method.in_(BY_HAND),
            Payout.approval != "wanted",
        )
        .values(
            status="paid",
            completed_at=func.now(),
            details=Payout.details.concat(cast(literal(noted, JSONB), JSONB)),
        )
    )


def open_payout(partner_id: UUID, currency: str) -> Select[UUID]:
    """The payout that a partner has under way in a currency."""
    return select(Payout.id).where(
        Payout.partner_id == partner_id, Payout.currency == currency, Payout.status == "pending"
    )


def reopening(payout_id: UUID) -> Update:
    """Nobody has paid it after all."""
    return (
        update(Payout)
        .where(Payout.id == payout_id)
        .values(status="pending", completed_at=None, details=Payout.details.op("-")("reference"))
        .execution_options(synchronize_session=False)
    )


def canceling(payout_id: UUID, reason: str | None) -> Update:
    """Nobody is going to pay it."""
    noted = {"error": "undone"} | ({"undoReason": reason} if reason else {})
    return (
        update(Payout)
        .where(Payout.id == payout_id)
        .values(status="failed", details=Payout.details.concat(cast(literal(noted, JSONB), JSONB)))
        .execution_options(synchronize_session=False)
    )


def payouts_of(partner_id: UUID) -> Select[Payout]:
    """A partner's payouts."""
    return select(Payout).where(Payout.partner_id == partner_id)


def payouts_shown() -> Select[Payout, PayoutTransfer | None, str, bool]:
    """Each payout with its transfer, its partner's name, and whether it is stuck."""
    return (
        select(Payout, PayoutTransfer, Partner.name, is_stuck().label("stuck"))
        .outerjoin(PayoutTransfer, PayoutTransfer.payout_id == Payout.id)
        .join(Partner, Partner.id == Payout.partner_id)
    )


def is_stuck() -> ColumnElement[bool]:
    """Whether it won't, or may not, end well by itself."""
    old = Payout.created_at < func.now() - STUCK_AFTER
    pending = Payout.status == "pending"
    return func.coalesce(
        or_(
            PayoutTransfer.state.in_(("reconcile_required", "duplicate_review")),
            and_(pending, Payout.approval == "wanted"),
            and_(pending, PayoutTransfer.state.in_(("intent", "posted")), old),
            and_(pending, Payout.method == "stripe_connect", PayoutTransfer.id.is_(None)),
        ),
        False,
    )


def in_state(state: str) -> ColumnElement[bool]:
    """Payouts with this status, whose transfer is in this state, or that are `stuck`."""
    if state == "stuck":
        return is_stuck()
    return Payout.status == state if state in STATUSES else PayoutTransfer.state == state


def live_transfers() -> Select[UUID]:
    """What the sweep looks after, the least recently attempted first."""
    return (
        select(PayoutTransfer.payout_id)
        .where(PayoutTransfer.state.in_(("intent", "posted", "reconcile_required")))
        .order_by(PayoutTransfer.last_attempt_at.nulls_first(), PayoutTransfer.id)
        .limit(500)
    )


def still_to_send(payout_id: UUID) -> Select[str]:
    """The state of a transfer that goes on without anybody's decision; no row where there is none."""
    return (
        select(PayoutTransfer.state)
        .join(Payout, Payout.id == PayoutTransfer.payout_id)
        .where(
            Payout.id == payout_id,
            Payout.approval != "wanted",
            PayoutTransfer.state.in_(("intent", "posted")),
        )
    )


def ran_since(moment: datetime) -> Select[UUID]:
    """Whether the schedule has had its run."""
    return (
        select(PayoutRun.id)
        .where(PayoutRun.actor == SCHEDULE, PayoutRun.created_at >= moment)
        .limit(1)
    )


def by_hand(run_id: UUID) -> Select[Payout, str, str]:
    """A run's payouts that a person makes, oldest first."""
    return (
        select(Payout, Partner.name, Partner.email)
        .join(Partner, Partner.id == Payout.partner_id)
        .where(Payout.run_id == run_id, Payout.method.in_(BY_HAND))
        .order_by(Payout.id)
    )


def runs() -> Select[PayoutRun]:
    """The runs so far."""
    return select(PayoutRun)


def differences(*, settled: bool) -> Select[PayoutDifference]:
    """Where we and Stripe don't agree."""
    query = select(PayoutDifference)
    return query if settled else query.where(PayoutDifference.resolved_at.is_(None))
