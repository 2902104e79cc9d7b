"""Stripe's events about a brand's own subscription: each is a reason to look, and nothing more.

What they carry may be old or out of order by the time that it is read; what Stripe shows is not.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.subscriptions import queries
from api.features.subscriptions.seen import id_of
from api.jobs.enqueue import enqueue

LOOK = "billing.look_at_subscription"


async def handle_subscription_event(session: AsyncSession, event: Mapping[str, Any]) -> bool:
    """Has the mirror brought up to date; answers whether the event is about the brand as our customer.

    `event` is Stripe's, as JSON. The same customer must be ours by our own books: what an event
    says of itself in its metadata proves nothing.
    """
    subject: Mapping[str, Any] = event["data"]["object"]
    account = await session.scalar(queries.account())
    ours = account.stripe_customer_id if account else None
    customer = subject.get("id") if event["type"].startswith("customer.") and _is_customer(
        subject
    ) else id_of(subject.get("customer"))  # fmt: skip
    if ours is None or customer != ours:
        return False
    if (named := _subscription(event["type"], subject)) is not None:
        await enqueue(session, LOOK, stripe_subscription_id=named)
    return True


def _is_customer(subject: Mapping[str, Any]) -> bool:
    return subject.get("object") == "customer"


def _subscription(kind: str, subject: Mapping[str, Any]) -> str | None:
    """Which one it is about, wherever this version of Stripe's API puts that."""
    if kind.startswith("customer.subscription."):
        return id_of(subject)
    parent = (subject.get("parent") or {}).get("subscription_details") or {}
    return id_of(subject.get("subscription")) or id_of(parent.get("subscription"))
