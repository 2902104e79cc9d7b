"""Writing terms down. They are never edited: a change is a new row, and grants keep the old one."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.terms.schemas import CommissionRule, CommissionRuleOut, PercentRule
from shared.ids import new_id
from shared.models.terms import Terms
from shared.money import to_major, to_minor


def write_terms(
    session: AsyncSession,
    campaign_id: UUID,
    rule: CommissionRule,
    holdback_days: int | None,
    *,
    source: str = "campaign",
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
