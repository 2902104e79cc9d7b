"""Bodies of clicks, of the rules that judge them, and of privacy."""

from shared.clock import now
from shared.visitor import cref_text, new_click_id
from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand
from tests.support.conversions import click, identify, promotion


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
            "self_referral": {"enabled": True, "matchAddress": False},
        },
        (200, None),
    )


@body_of
async def change_privacy_settings(_: Brand) -> Write:
    return Write("/config/privacy", {"clickRetentionMonths": 25}, (200, None))


@body_of
async def erase_person(brand: Brand) -> Write:
    await identify(brand, await click(brand, await promotion(brand)), "ada@example.com")
    body = {"userId": "ada@example.com", "email": "ada@example.com"}
    return Write("/privacy/erase", body, (200, None))


@body_of
async def change_tracking(brand: Brand) -> Write:
    campaign = await brand.campaign()
    body = {"passParameters": "utm", "cookies": "opt_out", "paidAds": False}
    return Write(f"/campaigns/{campaign['id']}/tracking", body, (200, None))


@body_of
async def backtest_rule(_: Brand) -> Write:
    settings = {
        "max": 10,
        "windowSeconds": 60,
        "seconds": 10,
        "hosts": ["coupons.example"],
        "parameters": ["gclid"],
    }
    body = {"rule": "velocity", "settings": settings, "days": 30}
    return Write("/fraud/backtest", body, (200, None))
