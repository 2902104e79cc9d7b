"""Bodies of payouts, their settings, and Stripe Connect."""

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand


@body_of
async def change_payout_settings(_: Brand) -> Write:
    body = {
        "rail": "manual",
        "thresholdCents": 5000,
        "cadence": "monthly",
        "thresholds": {"JPY": "5000"},
        "approvalAbove": {"USD": "1000.00"},
        "frozen": False,
    }
    return Write("/config/payouts", body, (200, None))


@body_of
async def run_payouts(_: Brand) -> Write:
    return Write("/payouts/run", {"preview": "0" * 32}, (409, "preview_outdated"))


@body_of
async def undo_payout(brand: Brand) -> Write:
    partner = await brand.partner()
    return Write(f"/payouts/{partner['id']}/undo", {"reason": "Wrong row"}, (404, "not_found"))


@body_of
async def recover_payout(brand: Brand) -> Write:
    partner = await brand.partner()
    body = {
        "action": "resolve_duplicate_review",
        "observedGeneration": 0,
        "keepTransferId": "tr_1",
        "note": "Seen at Stripe",
    }
    return Write(f"/payouts/{partner['id']}/recovery", body, (404, "not_found"))


@body_of
async def start_connect(brand: Brand) -> Write:
    """Where nobody has a Stripe account to connect with."""
    partner = await brand.partner()
    body = {"returnUrl": "https://shop.example/done", "refreshUrl": "https://shop.example/again"}
    return Write(f"/partners/{partner['id']}/connect/start", body, (503, "stripe_not_configured"))
