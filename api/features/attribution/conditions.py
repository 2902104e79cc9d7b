"""Which of a partner's rules pay for an event, and for each that doesn't, the reason."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

from api.features.attribution.history import Begun, History, once_key
from api.features.attribution.touches import Event, Rule, Touch

MONTH = timedelta(days=30.4375)

Reason = Literal[
    "accrued",
    "zero_amount",
    "cap_reached",
    "no_terms",
    "campaign_not_started",
    "campaign_ended",
    "event_type_not_paid",
    "not_the_first",
    "not_subsequent",
    "months_over",
    "product_not_paid",
    "condition_not_met",
    "paid_once_already",
]

# Where merchants and their payment providers put what was bought.
PRODUCT_FIELDS = (
    "productId", "productIds", "product_id", "product_ids", "product", "products", "sku", "skus",
    "items", "lineItems", "line_items",
)  # fmt: skip
PRODUCT_NAMES = ("id", "productId", "product_id", "product", "sku", "priceId", "price_id")


def reason_for(event: Event, touch: Touch, rule: Rule, history: History) -> Reason:
    """The first reason why this rule doesn't pay, or `accrued`."""
    if touch.campaign_starts_at and event.ts < touch.campaign_starts_at:
        return "campaign_not_started"
    if touch.campaign_ends_at and event.ts >= touch.campaign_ends_at:
        return "campaign_ended"
    # A fixed amount would otherwise be paid for a sign-up, a subscription and every invoice.
    if event.type not in rule.event_types and (rule.event_types or rule.kind == "fixed"):
        return "event_type_not_paid"
    return _unmet(event, rule) or _untimely(event, touch, rule, history) or "accrued"


def _unmet(event: Event, rule: Rule) -> Reason | None:
    if rule.products or rule.excluded_products:
        bought = set(products_of(event.details))
        wanted = not rule.products or not bought.isdisjoint(rule.products)
        if not wanted or not bought.isdisjoint(rule.excluded_products):
            return "product_not_paid"
    for name, accepted in rule.conditions:
        if not set(_texts(event.details.get(name))).intersection(accepted):
            return "condition_not_met"
    return None


def _untimely(event: Event, touch: Touch, rule: Rule, history: History) -> Reason | None:
    begun = history.begun.get(Begun(touch.partner_id, event.type))
    if rule.trigger == "first" and begun is not None:
        return "not_the_first"
    if rule.trigger == "subsequent" and begun is None:
        return "not_subsequent"
    if rule.months is not None and begun is not None and event.ts - begun > rule.months * MONTH:
        return "months_over"
    key = once_key(touch.partner_id, touch.campaign_id, rule, event.type)
    if rule.trigger == "once" and key in history.paid:
        return "paid_once_already"
    return None


def products_of(details: Mapping[str, Any]) -> Iterator[str]:
    """Every product that an event's details name, as text."""
    for name in PRODUCT_FIELDS:
        found = details.get(name)
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, Mapping):
                for key in PRODUCT_NAMES:
                    yield from _texts(one.get(key))
            else:
                yield from _texts(one)


def _texts(value: Any) -> Iterator[str]:
    """JSON as people write it in a condition: true, 12, "team"; of a list, each member."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, bool):
            yield str(one).lower()
        elif isinstance(one, str | int):
            yield str(one)
