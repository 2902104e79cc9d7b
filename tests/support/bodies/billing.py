"""Bodies of billing."""

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand

# What the installation of most tests calls its own.
OURS = "http://localhost:4601/billing"


@body_of
async def choose_plan(_: Brand) -> Write:
    return Write("/billing/plan", {"plan": "flex"}, accepted=(400, "no_billing_in_selfhost"))


@body_of
async def start_checkout(_: Brand) -> Write:
    return Write(
        "/billing/checkout",
        {
            "successUrl": f"{OURS}?paid=1",
            "cancelUrl": OURS,
            "customerEmail": "billing@example.com",
        },
        accepted=(400, "no_billing_in_selfhost"),
    )


@body_of
async def open_billing_portal(_: Brand) -> Write:
    return Write("/billing/portal", {"returnUrl": OURS}, accepted=(400, "no_portal_for_this_plan"))
