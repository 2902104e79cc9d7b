"""Bodies for webhooks and postbacks."""

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand

SINK = "https://hooks.example.com/openpartner"
TRACKER = "https://tracker.example.com/postback?cid={click_id}"


@body_of
async def subscribe_webhook(_: Brand) -> Write:
    body = {"url": SINK, "events": ["commission.paid", "*"], "label": "CRM"}
    return Write("/webhooks", body)


@body_of
async def change_webhook(brand: Brand) -> Write:
    made = await brand.made("/webhooks", {"url": SINK, "events": ["*"]})
    body = {"url": SINK, "events": ["commission.paid"], "label": "CRM", "active": False}
    return Write(f"/webhooks/{made['endpoint']['id']}", body, (200, None))


@body_of
async def replay_webhook(brand: Brand) -> Write:
    made = await brand.made("/webhooks", {"url": SINK, "events": ["*"]})
    body = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z", "status": "failed"}
    return Write(f"/webhooks/{made['endpoint']['id']}/replay", body, (200, None))


POSTBACK = {"url": TRACKER, "events": ["commission.paid"], "enabled": True, "method": "POST"}


@body_of
async def add_postback(brand: Brand) -> Write:
    partner = await brand.partner()
    return Write(
        f"/partners/{partner['id']}/postbacks", {**POSTBACK, "signatureParameter": "signature"}
    )


@body_of
async def change_postback(brand: Brand) -> Write:
    partner = await brand.partner()
    path = f"/partners/{partner['id']}/postbacks"
    made = await brand.made(path, {"url": TRACKER, "events": ["commission.accrued"]})
    return Write(f"{path}/{made['id']}", POSTBACK, (200, None))
