"""Checkout and the customer portal: pages of Stripe's, which tests visit for people."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route
from tests.support.stripe_double.subscriptions import new_subscription

readable("checkout/sessions", "checkout_session", listed=("customer", "payment_intent"))


@route("POST", "/v1/checkout/sessions")
def create_session(double: StripeDouble, call: Call) -> Json:
    double.store.get("customer", call.params["customer"])
    for item in call.params["line_items"]:
        price = double.store.get("price", item["price"])
        if price["recurring"]["usage_type"] == "metered" and "quantity" in item:
            raise Refused("Quantity should not be specified where usage_type is `metered`.")
    made_id = double.store.new_id("cs")
    made: Json = {
        "id": made_id,
        "object": "checkout.session",
        "client_reference_id": call.text("client_reference_id"),
        "created": double.now(),
        "customer": call.params["customer"],
        "livemode": False,
        "metadata": call.mapping("metadata"),
        "mode": call.text("mode"),
        "status": "open",
        "subscription": None,
        "url": f"https://checkout.stripe.example/{made_id}",
        "success_url": call.text("success_url"),
        "cancel_url": call.text("cancel_url"),
    }
    asked = {"line_items": call.params["line_items"], "call": call.params}
    double.store.put("checkout_asked", {"id": made_id, **asked})
    return double.store.put("checkout_session", made)


@route("POST", "/v1/checkout/sessions/{id}/expire")
def expire_session(double: StripeDouble, call: Call) -> Json:
    session = double.store.get("checkout_session", call.ids["id"])
    if session["status"] != "open":
        raise Refused("Only Checkout Sessions with a status in ['open'] can be expired.")
    session["status"] = "expired"
    return session


def pay(double: StripeDouble, url: str) -> Json:
    """Somebody fills in the form; the events of it happen, and the subscription is answered."""
    session = double.store.get("checkout_session", url.rpartition("/")[2])
    assert session["status"] == "open", "this page shows that the session has expired"
    asked = double.store.get("checkout_asked", session["id"])
    subscription = new_subscription(
        double,
        session["customer"],
        [item["price"] for item in asked["line_items"]],
        metadata=asked["call"].get("subscription_data", {}).get("metadata"),
    )
    session.update(status="complete", subscription=subscription["id"])
    double.webhooks.event("checkout.session.completed", session)
    return subscription


@route("POST", "/v1/billing_portal/sessions")
def create_portal_session(double: StripeDouble, call: Call) -> Json:
    double.store.get("customer", call.params["customer"])
    made_id = double.store.new_id("bps")
    return {
        "id": made_id,
        "object": "billing_portal.session",
        "created": double.now(),
        "customer": call.params["customer"],
        "livemode": False,
        "return_url": call.text("return_url"),
        "url": f"https://billing.stripe.example/{made_id}",
    }
