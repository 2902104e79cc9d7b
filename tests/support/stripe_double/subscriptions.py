"""Subscriptions: made by a checkout, changed by their customer or by time."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.routing import readable, route

readable("subscriptions", "subscription", listed=("customer",))

MONTH = 30 * 86_400


def new_subscription(
    double: StripeDouble, customer: str, prices: list[str], *, metadata: Json | None = None,
    status: str = "active",
) -> Json:  # fmt: skip
    """One that begins now; its event is the last that happened."""
    now = double.now()
    made: Json = {
        "id": double.store.new_id("sub"),
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "created": now,
        "customer": customer,
        "ended_at": None,
        "items": {
            "object": "list",
            "has_more": False,
            "data": [_item(double, price) for price in prices],
        },
        "livemode": False,
        "metadata": metadata or {},
        "start_date": now,
        "status": status,
        "trial_end": None,
        "trial_start": None,
    }
    double.store.put("subscription", made)
    double.webhooks.event("customer.subscription.created", made)
    return made


def _item(double: StripeDouble, price: str) -> Json:
    return {
        "id": double.store.new_id("si"),
        "object": "subscription_item",
        "current_period_start": double.now(),
        "current_period_end": double.now() + MONTH,
        "price": double.store.get("price", price),
    }


def change(double: StripeDouble, subscription: Json, **fields: object) -> Json:
    """Whatever happens to it; with an event of it."""
    subscription.update(fields)
    over = subscription["status"] == "canceled"
    kind = "customer.subscription.deleted" if over else "customer.subscription.updated"
    return double.webhooks.event(kind, subscription)


def cancel(double: StripeDouble, subscription: Json) -> Json:
    now = double.now()
    return change(double, subscription, status="canceled", ended_at=now, canceled_at=now)


def cancel_later(double: StripeDouble, subscription: Json) -> Json:
    """As somebody does in the customer portal."""
    end = subscription["items"]["data"][0]["current_period_end"]
    return change(double, subscription, cancel_at_period_end=True, cancel_at=end)


def resume(double: StripeDouble, subscription: Json) -> Json:
    return change(double, subscription, cancel_at_period_end=False, cancel_at=None)


@route("POST", "/v1/subscriptions/{id}")
def update_subscription(double: StripeDouble, call: Call) -> Json:
    subscription = double.store.get("subscription", call.ids["id"])
    if (ends := call.flag("cancel_at_period_end")) is not None:
        (cancel_later if ends else resume)(double, subscription)
    return subscription
