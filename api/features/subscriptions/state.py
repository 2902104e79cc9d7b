"""What others may know of a brand's billing: where it stands, and what it is entitled to."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.standing import Plan, Standing, standing_of
from api.settings import Settings

DAY = 86_400


@dataclass(frozen=True, slots=True)
class BillingState:
    """`ready`: somebody pays, or need not. Days are counted up: on the last one there is 1 left."""

    ready: bool
    plan: Plan | None
    in_trial: bool
    trial_ends_at: datetime | None
    trial_days_remaining: int | None


async def state(session: AsyncSession, settings: Settings) -> BillingState:
    """Where the pinned tenant stands now."""
    standing = await standing_of(session, settings.openpartner_mode)
    return BillingState(
        ready=standing.has_active_plan,
        plan=standing.plan,
        in_trial=standing.in_trial,
        trial_ends_at=standing.trial_ends_at,
        trial_days_remaining=days_remaining(standing),
    )


def days_remaining(standing: Standing) -> int | None:
    """None where no end is set."""
    if standing.trial_ends_at is None:
        return None
    return max(0, ceil((standing.trial_ends_at - standing.now).total_seconds() / DAY))


async def entitled_to_white_label(session: AsyncSession, settings: Settings) -> bool:
    """Whether the brand may wear its own name: it pays, need not, or still evaluates."""
    return (await standing_of(session, settings.openpartner_mode)).entitled
