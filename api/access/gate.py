"""The gate of hosted installations: what waits for a paid plan once a brand's evaluation is over."""

from typing import Any

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.review import refuse_unreviewed
from api.access.standing import standing_of
from api.errors import PaymentRequired
from api.settings import Settings
from api.web.transaction import Session


class TrialExpired(PaymentRequired, code="trial_expired"):
    """The evaluation of this workspace ended at `trialEndsAt`; choose a plan under Billing to go on."""


class PlanRequired(PaymentRequired, code="plan_required"):
    """Partners can't be let in here before the workspace has a paid plan."""


async def refuse_lapsed(session: AsyncSession, settings: Settings, *, admits: bool) -> None:
    """Raises TrialExpired; and where the request `admits` partners, while they may not be let in,

    PlanRequired or BrandPendingReview.
    """
    if admits:
        await refuse_unreviewed(session, settings)
    if settings.openpartner_mode == "selfhost":
        return
    standing = await standing_of(session, settings.openpartner_mode)
    if standing.trial_expired:
        assert standing.trial_ends_at is not None  # noqa: S101  # else it could not have ended
        ended = standing.trial_ends_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise TrialExpired(plan=standing.plan, trialEndsAt=ended)
    if admits and standing.in_trial and not settings.openpartner_evaluation_admits_partners:
        raise PlanRequired


async def refuse_strangers(request: Request, session: Session) -> None:
    """For the form by which anybody can become a partner: a stranger is told no dates or plans."""
    try:
        await refuse_lapsed(session, request.state.settings, admits=True)
    except TrialExpired as lapsed:
        raise PlanRequired from lapsed


# For a public route's `dependencies`; others say `gated=` in their `needs`.
ADMITS_STRANGERS: Any = Depends(refuse_strangers)
