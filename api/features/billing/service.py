"""The rules of plans: a brand chooses one of two, once; the third is agreed on."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.billing.errors import EnterpriseByOperator, PlanAlreadySet
from api.features.billing.schemas import PlanChosen, PlanName
from api.features.subscriptions.for_others import NoBillingAtHome, locked_account
from api.settings import Settings


async def choose_plan(session: AsyncSession, settings: Settings, plan: PlanName) -> PlanChosen:
    """Raises PlanAlreadySet where there is one, and EnterpriseByOperator for who helps themselves."""
    if settings.openpartner_mode == "selfhost":
        raise NoBillingAtHome
    account = await locked_account(session)
    if account.plan is not None:
        raise PlanAlreadySet(currentPlan=account.plan)
    if plan == "enterprise":
        raise EnterpriseByOperator
    account.plan = plan
    await session.flush()
    return PlanChosen(ok=True, plan=plan)
