"""Statements about a whole workspace; row security shows the pinned one alone."""

from sqlalchemy import Select, func, select, text

from shared.models.commission import Commission
from shared.models.payout import Payout
from shared.models.tenant import Tenant

EXPIRED = text("select expired_tenants()")


def this_tenant() -> Select[Tenant]:
    return select(Tenant)


def approved_commissions() -> Select[str, int, int]:
    """By currency, what is approved and waits for a payout."""
    return (
        select(Commission.currency, func.count(), func.sum(Commission.amount_minor))
        .where(Commission.status == "approved", Commission.payout_id.is_(None))
        .group_by(Commission.currency)
        .order_by(Commission.currency)
    )


def pending_payouts() -> Select[str, int, int]:
    """By currency, what is on its way to partners."""
    return (
        select(Payout.currency, func.count(), func.sum(Payout.amount_minor))
        .where(Payout.status == "pending")
        .group_by(Payout.currency)
        .order_by(Payout.currency)
    )
