"""Stripe's meter of attributed sales: telling it, and asking it what it was told."""

from datetime import datetime

from api.outside.stripe import Declined, NoSuchObject, Stripe
from shared.money import to_major

ATTRIBUTED_GMV = "openpartner_attributed_gmv"
"""The meter's event name; one unit is a US dollar."""

MINUTE = 60


async def send(
    stripe: Stripe,
    identifier: str,
    customer: str,
    usd_minor: int,
    happened_at: datetime,
    *,
    key: str,
) -> None:
    """Counts once within a day, under its identifier, whatever the idempotency key.

    Raises what Stripe.write raises.
    """
    payload = {"stripe_customer_id": customer, "value": to_major(usd_minor, "USD")}
    await stripe.write(
        lambda v1, options: v1.billing.meter_events.create_async(
            {
                "event_name": ATTRIBUTED_GMV,
                "identifier": identifier,
                "payload": payload,
                "timestamp": int(happened_at.timestamp()),
            },
            options,
        ),
        key=key,
    )


def is_duplicate(problem: Declined) -> bool:
    """Stripe refuses an identifier that it has counted: that is the answer we wanted."""
    return (
        problem.stripe_code == "duplicate_meter_event"
        or "already exists with identifier" in problem.reason
    )


async def counted(stripe: Stripe, customer: str, happened_at: datetime) -> bool:
    """Whether anything was counted for this customer in the minute of that moment."""
    begin = int(happened_at.timestamp()) // MINUTE * MINUTE
    meters = await stripe.read(
        lambda v1, options: v1.billing.meters.list_async(
            {"status": "active", "limit": 100}, options
        )
    )
    ours = [meter.id for meter in meters.data if meter.event_name == ATTRIBUTED_GMV]
    if not ours:
        raise NoSuchObject(f"there is no meter for {ATTRIBUTED_GMV}: run openpartner setup-stripe")
    sums = await stripe.read(
        lambda v1, options: v1.billing.meters.event_summaries.list_async(
            ours[0],
            {"customer": customer, "start_time": begin, "end_time": begin + MINUTE},
            options,
        )
    )
    return any(each.aggregated_value > 0 for each in sums.data)
