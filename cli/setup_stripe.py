"""`openpartner setup-stripe`: the products, prices and meters of hosted plans, in your Stripe account."""

import asyncio
import os

from api.errors import ApiError
from api.features.billing.catalogue import set_up
from api.outside.stripe import Stripe, StripeFailure
from cli.errors import CommandError

SECRET_KEYS = ("sk_test_", "sk_live_")


def setup_stripe() -> None:
    """Make what brands can buy in the account of STRIPE_SECRET_KEY, where it is missing.

    Prints the lines that belong into .env. Can be stopped and run again; it makes nothing twice, and
    changes nothing that is there.
    """
    key = os.environ.get("STRIPE_SECRET_KEY", "")
    if not key.startswith(SECRET_KEYS):
        raise CommandError(
            "set STRIPE_SECRET_KEY to a secret key of your account, sk_test_… or sk_live_…: a"
            " restricted or publishable key can't make products"
        )
    base = os.environ.get("STRIPE_API_BASE")
    try:
        variables = asyncio.run(set_up(Stripe(key, base.rstrip("/") if base else None)))
    except StripeFailure as problem:
        raise CommandError(f"Stripe: {problem}; run this again to go on") from problem
    except ApiError as problem:
        raise CommandError(str(problem)) from problem
    for name, price in variables.items():
        print(f"{name}={price}")
