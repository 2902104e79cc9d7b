"""Where a brand stands with whoever hosts it: its plan, its evaluation, and whether it pays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.models.billing_account import BillingAccount
from shared.models.billing_subscription import LIVE, BillingSubscription

Mode = Literal["selfhost", "flat", "revshare"]
Plan = Literal["flex", "revshare", "enterprise"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`mode` is the installation's; `now` the database's clock, by which evaluations end."""

    mode: Mode
    plan: Plan | None
    subscribed: bool
    trial_ends_at: datetime | None
    first_trial_activated_at: datetime | None
    now: datetime

    @property
    def in_trial(self) -> bool:
        """Evaluating: it has not paid, and needn't yet."""
        unpaid = not self.subscribed and self.plan != "enterprise"
        return unpaid and self.trial_ends_at is not None and self.now < self.trial_ends_at

    @property
    def has_active_plan(self) -> bool:
        """Whether somebody pays, or need not. A plan that was chosen is not yet one that is paid."""
        return self.mode == "selfhost" or self.plan == "enterprise" or self.subscribed

    @property
    def trial_expired(self) -> bool:
        """The evaluation is over and nobody pays. Who never had an end set is left alone."""
        over = self.trial_ends_at is not None and self.trial_ends_at <= self.now
        return over and not self.has_active_plan

    @property
    def entitled(self) -> bool:
        """What comes with the product, such as a portal under one's own name."""
        return self.has_active_plan or self.in_trial


async def standing_of(session: AsyncSession, mode: Mode) -> Standing:
    """The pinned tenant's, in one statement."""
    live = (
        select(BillingSubscription.id)
        .where(BillingSubscription.ended_at.is_(None), BillingSubscription.status.in_(LIVE))
        .exists()
    )
    moment = select(func.now().label("now"), live.label("subscribed")).subquery()
    found: Row[datetime, bool, BillingAccount | None] = (
        await session.execute(
            select(moment.c.now, moment.c.subscribed, BillingAccount).outerjoin_from(
                moment, BillingAccount, BillingAccount.tenant_id.is_not(None)
            )
        )
    ).one()
    now, subscribed, account = found
    return Standing(
        mode=mode,
        plan=account.plan if account else None,  # type: ignore[arg-type]  # a check of the table's keeps it to these
        subscribed=subscribed,
        trial_ends_at=account.trial_ends_at if account else None,
        first_trial_activated_at=account.first_trial_activated_at if account else None,
        now=now,
    )
