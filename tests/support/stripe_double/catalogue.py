"""Products and their prices."""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route

readable("products", "product")


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


@route("GET", "/v1/prices")
def list_prices(double: StripeDouble, call: Call) -> Json:
    product = call.text("product")
    return double.store.page(
        "price", call, lambda made: product is None or made["product"] == product
    )


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
