"""Products and their prices."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import route


@route("GET", "/v1/prices/{id}")
def get_price(double: StripeDouble, call: Call) -> Json:
    return double.store.get("price", call.ids["id"])


@route("GET", "/v1/prices")
def list_prices(double: StripeDouble, call: Call) -> Json:
    return _listed(double, call, "price")


def _listed(double: StripeDouble, call: Call, kind: str) -> Json:
    product, active = call.text("product"), call.flag("active")
    return double.store.page(
        kind,
        call,
        lambda made: (
            (product is None or made["product"] == product)
            and (active is None or made["active"] is active)
        ),
    )


@route("GET", "/v1/products/{id}")
def get_product(double: StripeDouble, call: Call) -> Json:
    return double.store.get("product", call.ids["id"])


@route("GET", "/v1/products")
def list_products(double: StripeDouble, call: Call) -> Json:
    return _listed(double, call, "product")


@route("POST", "/v1/products")
def create_product(double: StripeDouble, call: Call) -> Json:
    made: Json = {
        "id": double.store.new_id("prod"),
        "object": "product",
        "active": True,
        "created": double.now(),
        "livemode": False,
        "name": call.text("name"),
        "metadata": call.mapping("metadata"),
    }
    return double.store.put("product", made)


@route("POST", "/v1/prices")
def create_price(double: StripeDouble, call: Call) -> Json:
    product = double.store.get("product", call.params["product"])
    recurring = call.mapping("recurring")
    if recurring.get("usage_type") == "metered":
        double.store.get("meter", recurring["meter"])
    amounts = {"unit_amount", "unit_amount_decimal"} & call.params.keys()
    if len(amounts) != 1:
        raise Refused("Pass one of unit_amount and unit_amount_decimal.", param="unit_amount")
    made: Json = {
        "id": double.store.new_id("price"),
        "object": "price",
        "active": True,
        "created": double.now(),
        "currency": call.text("currency"),
        "livemode": False,
        "metadata": call.mapping("metadata"),
        "product": product["id"],
        "recurring": {"usage_type": "licensed", "meter": None, **recurring},
        "tax_behavior": call.text("tax_behavior") or "unspecified",
        "type": "recurring",
        "unit_amount": call.whole("unit_amount"),
        "unit_amount_decimal": call.text("unit_amount_decimal") or call.text("unit_amount"),
    }
    return double.store.put("price", made)
