"""Writing terms down, never editing them: a change is a new row, and grants keep the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.terms.errors import AmountUnfit, EventTypesMissing
from api.features.terms.schemas import (
    CommissionApproval,
    CommissionCap,
    CommissionRule,
    CommissionSnapshot,
    FixedRule,
    PercentRule,
)
from api.features.terms.stored import stored_approval, stored_caps, stored_rules
from shared.ids import new_id
from shared.models.terms import Terms
from shared.money import MoneyError, to_minor

# Where terms come from, when nobody agreed on others.
CAMPAIGNS_OWN = "campaign"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What goes with a rule: how long it is held back, what bounds it, and who approves."""

    holdback_days: int | None = None
    caps: Sequence[CommissionCap] = ()
    approval: CommissionApproval | None = None


def write_terms(
    session: AsyncSession,
    campaign_id: UUID,
    rule: CommissionRule,
    conditions: Conditions,
    *,
    source: str = CAMPAIGNS_OWN,
) -> Terms:
    """Adds terms to the session; the caller flushes. The id is known at once."""
    terms = new_terms(campaign_id, rule, conditions, source=source)
    session.add(terms)
    return terms


def new_terms(
    campaign_id: UUID, rule: CommissionRule, conditions: Conditions, *, source: str = CAMPAIGNS_OWN
) -> Terms:
    """Terms that are written down nowhere yet."""
    terms = Terms(
        id=new_id(),
        campaign_id=campaign_id,
        holdback_days=conditions.holdback_days,
        caps=stored_caps(conditions.caps),
        approval=stored_approval(conditions.approval),
        source=source,
    )
    _put_rule(terms, rule)
    return terms


def _put_rule(terms: Terms, rule: CommissionRule) -> None:
    terms.percent = terms.fixed_minor = terms.fixed_currency = terms.rules = None
    if isinstance(rule, PercentRule | FixedRule):
        terms.kind, terms.recurring = rule.type, rule.recurring
        terms.event_types = list(rule.event_types)
    else:
        terms.kind, terms.recurring, terms.event_types = "rules", False, []
        terms.rules = stored_rules(rule)
    if isinstance(rule, PercentRule):
        terms.percent = rule.value
    elif isinstance(rule, FixedRule):
        terms.fixed_minor = to_minor(rule.value, rule.currency)
        terms.fixed_currency = rule.currency


@dataclass(frozen=True, slots=True)
class Change:
    """What follows on earlier terms; `named` are the fields that change, `rule` None keeps it."""

    named: frozenset[str]
    rule: CommissionRule | None
    holdback_days: int | None
    caps: Sequence[CommissionCap]
    approval: CommissionApproval | None


def succeed(session: AsyncSession, before: Terms, change: Change) -> Terms:
    """The campaign's next version: like the one before, but for what is named. The caller flushes."""
    terms = following(before, change)
    session.add(terms)
    return terms


def following(before: Terms, change: Change) -> Terms:
    """The same, written down nowhere yet."""
    terms = _copied(before, CAMPAIGNS_OWN)
    if change.rule is not None:
        _put_rule(terms, change.rule)
    if "holdback_days" in change.named:
        terms.holdback_days = change.holdback_days
    if "commission_caps" in change.named:
        terms.caps = stored_caps(change.caps)
    if "approval" in change.named:
        terms.approval = stored_approval(change.approval)
    return terms


def _copied(before: Terms, source: str) -> Terms:
    kept: dict[str, Any] = {
        column.key: getattr(before, column.key)
        for column in Terms.__table__.columns
        if column.key not in {"id", "tenant_id", "created_at", "source"}
    }
    return Terms(id=new_id(), source=source, **kept)


def write_own_terms(
    session: AsyncSession,
    campaigns: Terms,
    agreed: CommissionSnapshot,
    *,
    source: str = "approval",
) -> Terms:
    """A partner's own terms, based on the campaign's; the caller flushes and has seen `is_agreed`."""
    terms = _copied(campaigns, source)
    if agreed.holdback_days is not None:
        terms.holdback_days = agreed.holdback_days
    if agreed.commission_caps is not None:
        terms.caps = stored_caps(agreed.commission_caps)
    if agreed.approval is not None:
        terms.approval = stored_approval(agreed.approval)
    if agreed.commission_rules is not None:
        _put_rule(terms, agreed.commission_rules)
    else:
        _put_one_rule(terms, campaigns, agreed)
    session.add(terms)
    return terms


def _put_one_rule(terms: Terms, campaigns: Terms, agreed: CommissionSnapshot) -> None:
    """What isn't named is as the campaign's rule has it, if it has only one."""
    terms.kind, terms.rules = agreed.commission_type or campaigns.kind, None
    terms.event_types = list(agreed.event_types or campaigns.event_types)
    terms.recurring = campaigns.recurring or campaigns.kind == "rules"
    if agreed.recurring is not None:
        terms.recurring = agreed.recurring
    value = agreed.commission_value or Decimal(0)
    terms.percent = terms.fixed_minor = terms.fixed_currency = None
    if agreed.commission_type == "percent":
        terms.percent = value
        return
    if not terms.event_types:
        raise EventTypesMissing(campaignId=str(campaigns.campaign_id))
    terms.fixed_currency = agreed.currency or campaigns.fixed_currency or "USD"
    try:
        terms.fixed_minor = to_minor(value, terms.fixed_currency)
    except MoneyError as problem:
        raise AmountUnfit(
            detail={"formErrors": [], "fieldErrors": {"commissionSnapshot": [str(problem)]}}
        ) from problem
