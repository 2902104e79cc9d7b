"""Rules, caps and approval between the wire and their columns, whose amounts are in minor units."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from api.features.terms.schemas import (
    ApprovalOut,
    CapOut,
    CommissionApproval,
    CommissionCap,
    CommissionRuleOut,
    RuleOut,
)
from api.features.terms.sub_rules import PercentSubRule, SubRule, SubRuleOut
from shared.models.terms import Terms
from shared.money import to_major, to_minor


def stored_rules(rules: Iterable[SubRule]) -> list[dict[str, Any]]:
    """As the engine reads them."""
    return [_stored_rule(rule) for rule in rules]


def _stored_rule(rule: SubRule) -> dict[str, Any]:
    if isinstance(rule, PercentSubRule):
        pays: dict[str, Any] = {"kind": "percent", "percent": str(rule.value)}
    else:
        amount = to_minor(rule.value, rule.currency)
        pays = {"kind": "fixed", "fixed_minor": amount, "fixed_currency": rule.currency}
    return pays | {
        "trigger": rule.trigger,
        "event_types": list(rule.types),
        "recurring": rule.recurring,
        "months": rule.recurring_months,
        "products": list(rule.products),
        "excluded_products": list(rule.excluded_products),
        "conditions": rule.conditions,
    }


def stored_caps(caps: Iterable[CommissionCap]) -> list[dict[str, Any]]:
    return [
        {
            "amount_minor": to_minor(cap.amount, cap.currency),
            "currency": cap.currency,
            "period": cap.period,
        }
        for cap in caps
    ]


def stored_approval(approval: CommissionApproval | None) -> dict[str, Any] | None:
    if approval is None:
        return None
    if approval.up_to is None:
        return {"mode": approval.mode, "up_to_minor": None, "currency": None}
    return {
        "mode": approval.mode,
        "up_to_minor": to_minor(approval.up_to, approval.currency),
        "currency": approval.currency,
    }


def rule_of(terms: Terms) -> RuleOut:
    """What the terms pay, as the wire shows it."""
    if terms.rules is not None:
        return [_rule_out(rule) for rule in terms.rules]
    return CommissionRuleOut(
        type="percent" if terms.kind == "percent" else "fixed",
        value=_value(terms.percent, terms.fixed_minor, terms.fixed_currency),
        currency=terms.fixed_currency,
        recurring=terms.recurring,
        event_types=terms.event_types,
    )


def _rule_out(rule: Mapping[str, Any]) -> SubRuleOut:
    types, percent = rule["event_types"], rule.get("percent")
    exact = None if percent is None else Decimal(percent)
    return SubRuleOut(
        trigger=rule["trigger"],
        type=rule["kind"],
        value=_value(exact, rule.get("fixed_minor"), rule.get("fixed_currency")),
        currency=rule.get("fixed_currency"),
        event_type=types[0] if len(types) == 1 else None,
        event_types=types,
        recurring=rule["recurring"],
        recurring_months=rule["months"],
        products=rule["products"],
        excluded_products=rule["excluded_products"],
        metadata=rule["conditions"],
    )


def _value(percent: Decimal | None, fixed_minor: int | None, currency: str | None) -> float:
    if percent is not None:
        return float(percent)
    return float(to_major(fixed_minor or 0, currency or "USD"))


def caps_of(terms: Terms) -> list[CapOut]:
    return [
        CapOut(
            amount=to_major(cap["amount_minor"], cap["currency"]),
            currency=cap["currency"],
            period=cap["period"],
        )
        for cap in terms.caps
    ]


def approval_of(terms: Terms) -> ApprovalOut | None:
    if terms.approval is None:
        return None
    limit, currency = terms.approval["up_to_minor"], terms.approval["currency"]
    up_to = None if limit is None else to_major(limit, currency)
    return ApprovalOut(mode=terms.approval["mode"], up_to=up_to, currency=currency)
