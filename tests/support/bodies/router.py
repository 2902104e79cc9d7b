"""Bodies of clicks, of the rules that judge them, and of privacy."""

from shared.clock import now
from shared.visitor import cref_text, new_click_id
from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand
from tests.support.conversions import promotion


@body_of
async def record_click(brand: Brand) -> Write:
    link, moment = await promotion(brand), now()
    return Write(
        "/clicks",
        {
            "id": cref_text(new_click_id(int(moment.timestamp() * 1000))),
            "linkKey": link["linkKey"],
            "landingUrl": "https://shop.example/welcome",
            "ipHash": "0" * 32,
            "userAgent": "Mozilla/5.0",
            "referer": "https://blog.example/",
            "fraudFlag": "velocity",
            "ts": moment.isoformat(),
        },
    )


@body_of
async def change_fraud_rules(_: Brand) -> Write:
    return Write(
        "/config/fraud",
        {
            "bot": {"enabled": True},
            "prefetch": {"enabled": False},
            "datacenter": {"enabled": True},
            "banned_referrer": {"enabled": True, "hosts": ["coupons.example"]},
            "paid_traffic": {"enabled": True, "parameters": ["gclid", "msclkid"]},
            "velocity": {"enabled": True, "max": 10, "windowSeconds": 60},
            "duplicate": {"enabled": True, "seconds": 10},
            "self_referral": {"enabled": True},
        },
        (200, None),
    )
