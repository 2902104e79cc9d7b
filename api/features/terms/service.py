"""Writing terms down, never editing them: a change is a new row, and grants keep the old one."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.terms.errors import AmountUnfit, EventTypesMissing
from api.features.terms.schemas import (
    CommissionRule,
    CommissionRuleOut,
    CommissionSnapshot,
    PercentRule,
)
from shared.ids import new_id
from shared.models.terms import Terms
from shared.money import MoneyError, to_major, to_minor

# Where terms come from, when nobody agreed on others.
CAMPAIGNS_OWN = "campaign"


def write_terms(
    session: AsyncSession,
    campaign_id: UUID,
    rule: CommissionRule,
    holdback_days: int | None,
    *,
    source: str = CAMPAIGNS_OWN,
) -> Terms:
    """Adds terms to the session; the caller flushes. The id is known at once."""
    terms = Terms(
        id=new_id(),
        campaign_id=campaign_id,
        kind=rule.type,
        event_types=list(rule.event_types),
        recurring=rule.recurring,
        holdback_days=holdback_days,
        source=source,
    )
    if isinstance(rule, PercentRule):
        terms.percent = rule.value
    else:
        terms.fixed_minor = to_minor(rule.value, rule.currency)
        terms.fixed_currency = rule.currency
    session.add(terms)
    return terms


def write_own_terms(
    session: AsyncSession,
    campaigns: Terms,
    agreed: CommissionSnapshot,
    *,
    source: str = "approval",
) -> Terms:
    """A partner's own terms, based on the campaign's; the caller flushes and has seen `is_agreed`."""
    terms = Terms(
        id=new_id(),
        campaign_id=campaigns.campaign_id,
        kind=agreed.commission_type,
        event_types=list(agreed.event_types or campaigns.event_types),
        recurring=campaigns.recurring if agreed.recurring is None else agreed.recurring,
        holdback_days=(
            campaigns.holdback_days if agreed.holdback_days is None else agreed.holdback_days
        ),
        source=source,
    )
    value = agreed.commission_value or Decimal(0)
    if agreed.commission_type == "percent":
        terms.percent = value
    else:
        if not terms.event_types:
            raise EventTypesMissing(campaignId=str(campaigns.campaign_id))
        terms.fixed_currency = agreed.currency or campaigns.fixed_currency or "USD"
        try:
            terms.fixed_minor = to_minor(value, terms.fixed_currency)
        except MoneyError as problem:
            raise AmountUnfit(
                detail={"formErrors": [], "fieldErrors": {"commissionSnapshot": [str(problem)]}}
            ) from problem
    session.add(terms)
    return terms


def rule_of(terms: Terms) -> CommissionRuleOut:
    """The terms as the wire shows them."""
    if terms.percent is not None:
        value = float(terms.percent)
    else:
        value = float(to_major(terms.fixed_minor or 0, terms.fixed_currency or "USD"))
    return CommissionRuleOut.model_validate(
        {
            "type": terms.kind,
            "value": value,
            "currency": terms.fixed_currency,
            "recurring": terms.recurring,
            "event_types": terms.event_types,
        }
    )
