"""Stripe's events have no bodies but Stripe's own; here is one that arrived, for those who look at it."""

from shared.ids import new_id
from tests.support.brand import Brand


async def arrived_event(brand: Brand) -> str:
    """The id of an event that was understood, and had nothing in it for anybody."""
    event = new_id()
    await brand.execute(
        "insert into stripe_events (tenant_id, id, stripe_id, type, happened_at, payload, status,"
        " outcome, processed_at)"
        " values ($1, $2, $3, 'customer.updated', now(), $4, 'ignored', 'no_user_id', now())",
        brand.tenant_id, event, f"evt_{event.hex}", "{}",
    )  # fmt: skip
    return str(event)
