"""Customers."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.routing import readable, route

readable("customers", "customer", listed=("email",))


def new_customer(double: StripeDouble, *, metadata: Json | None = None, **fields: object) -> Json:
    """As a merchant makes one; the event of it is the last that happened."""
    made: Json = {
        "id": double.store.new_id("cus"),
        "object": "customer",
        "created": double.now(),
        "email": None,
        "name": None,
        "livemode": False,
        "metadata": metadata or {},
        **fields,
    }
    double.store.put("customer", made)
    double.webhooks.event("customer.created", made)
    return made


@route("POST", "/v1/customers")
def create_customer(double: StripeDouble, call: Call) -> Json:
    return new_customer(
        double, metadata=call.mapping("metadata"), email=call.text("email"), name=call.text("name")
    )


@route("POST", "/v1/customers/{id}")
def update_customer(double: StripeDouble, call: Call) -> Json:
    customer = double.store.get("customer", call.ids["id"])
    before = dict(customer["metadata"])
    for name, value in call.mapping("metadata").items():
        customer["metadata"][name] = value
        if value == "":
            del customer["metadata"][name]
    for name in ("email", "name"):
        if name in call.params:
            customer[name] = call.text(name)
    double.webhooks.event("customer.updated", customer, previous={"metadata": before})
    return customer
