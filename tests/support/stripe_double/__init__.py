"""A Stripe for tests: real HTTP on loopback, state, idempotency keys, faults, signed webhooks.

A file in this package is a resource: it declares routes with `@route`, and is loaded by itself.
"""

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.double import StripeDouble, doubled
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import readable, route

__all__ = ["Call", "Json", "Refused", "StripeDouble", "doubled", "readable", "route"]
