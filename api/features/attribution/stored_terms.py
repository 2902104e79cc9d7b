"""Terms as the engine knows them, from the row that the database keeps of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from api.features.attribution import touches
from shared.models.terms import Terms


def stated_terms(terms: Terms) -> touches.Terms:
    """Terms of one percentage or amount are a list of one rule."""
    return touches.Terms(
        id=terms.id,
        rules=tuple(_rule(one) for one in terms.rules or ()) or (_only_rule(terms),),
        caps=tuple(touches.Cap(**cap) for cap in terms.caps),
        approval=None if terms.approval is None else touches.Approval(**terms.approval),
        holdback_days=terms.holdback_days,
    )


def _only_rule(terms: Terms) -> touches.Rule:
    return touches.Rule(
        kind="percent" if terms.kind == "percent" else "fixed",
        percent=terms.percent,
        fixed_minor=terms.fixed_minor,
        fixed_currency=terms.fixed_currency,
        event_types=tuple(terms.event_types),
        trigger="every" if terms.recurring else "once",
    )


def _rule(stored: Mapping[str, Any]) -> touches.Rule:
    percent = stored.get("percent")
    return touches.Rule(
        kind=stored["kind"],
        percent=None if percent is None else Decimal(percent),
        fixed_minor=stored.get("fixed_minor"),
        fixed_currency=stored.get("fixed_currency"),
        event_types=tuple(stored.get("event_types", ())),
        trigger=stored["trigger"],
        months=stored.get("months"),
        products=tuple(stored.get("products", ())),
        excluded_products=tuple(stored.get("excluded_products", ())),
        conditions=tuple(
            (name, tuple(accepted)) for name, accepted in stored.get("conditions", {}).items()
        ),
    )
