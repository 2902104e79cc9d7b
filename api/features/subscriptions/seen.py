"""A subscription as Stripe shows it, read into what we keep of it: pure, no session and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.settings import Settings

# Stripe's words for a subscription that will never be paid again.
OVER = ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Seen:
    """`plan` is None where none of its prices is ours; `cancel_at` when it will end, if that is known."""

    id: str
    customer: str
    status: str
    plan: str | None
    started_at: datetime
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None

    @property
    def over(self) -> bool:
        return self.status in OVER


def seen(subscription: Mapping[str, Any], settings: Settings) -> Seen:
    """Periods have moved from subscriptions to their items; either is read."""
    items: list[Mapping[str, Any]] = (subscription.get("items") or {}).get("data") or []
    period_end = _moment(max(_said("current_period_end", subscription, items), default=None))
    cancel_at = _moment(subscription.get("cancel_at"))
    if cancel_at is None and subscription.get("cancel_at_period_end"):
        cancel_at = period_end
    started = _moment(subscription["start_date"])
    assert started is not None  # noqa: S101  # every subscription has begun
    return Seen(
        id=subscription["id"],
        customer=id_of(subscription["customer"]) or "",
        status=subscription["status"],
        plan=_plan({item["price"]["id"] for item in items}, settings),
        started_at=started,
        current_period_start=_moment(
            max(_said("current_period_start", subscription, items), default=None)
        ),
        current_period_end=period_end,
        cancel_at=cancel_at,
        ended_at=_moment(subscription.get("ended_at")),
    )


def id_of(reference: Any) -> str | None:
    """What Stripe refers to: an id, or the object itself where it was expanded."""
    if isinstance(reference, Mapping):
        reference = reference.get("id")
    return reference if isinstance(reference, str) else None


def _plan(prices: set[str], settings: Settings) -> str | None:
    if prices & {settings.stripe_flat_price_id, settings.stripe_flat_usage_price_id}:
        return "flex"
    if settings.stripe_revshare_usage_price_id in prices:
        return "revshare"
    return None


def _said(field: str, subscription: Mapping[str, Any], items: list[Mapping[str, Any]]) -> list[int]:
    return [each[field] for each in (subscription, *items) if each.get(field)]


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
