"""Searching customers by their metadata, which Stripe's index learns of a little later."""

import re

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import route

QUERY = re.compile(r"metadata\['(\w+)'\]:'([^']*)'")


@route("GET", "/v1/customers/search")
def search_customers(double: StripeDouble, call: Call) -> Json:
    asked = QUERY.fullmatch(call.text("query") or "")
    if asked is None:
        raise Refused("This double can't search for that.", param="query")
    page = double.store.page(
        "customer", call, lambda made: made["metadata"].get(asked[1]) == asked[2]
    )
    return {**page, "object": "search_result", "next_page": None}
