"""Bodies from a campaign to a payout."""

from typing import Any

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand, Json
from tests.support.conversions import click, promotion

PERCENT = {"type": "percent", "value": 20, "recurring": True, "eventTypes": ["invoice_paid"]}
FIXED = {
    "type": "fixed", "value": "49.90", "currency": "EUR", "recurring": False,
    "eventTypes": ["signup"],
}  # fmt: skip
FIRST = {
    "trigger": "first", "eventType": "subscription_created", "eventTypes": [], "type": "fixed",
    "value": "200", "currency": "EUR", "recurring": True, "recurringMonths": 12,
    "products": ["team"], "excludedProducts": ["trial"], "metadata": {"plan": ["team", "pro"]},
}  # fmt: skip
LATER = {
    "trigger": "every", "eventType": None, "eventTypes": ["invoice_paid"], "type": "percent", "value": 20,
    "recurring": True, "recurringMonths": 12, "products": ["team"], "excludedProducts": ["trial"],
    "metadata": {"plan": ["team", "pro"]},
}  # fmt: skip
CAP = {"amount": "500.00", "currency": "EUR", "period": "month"}
SNAPSHOT: Json = {
    "commissionType": "percent", "commissionValue": 30, "currency": "EUR", "recurring": True,
    "holdbackDays": 7, "eventTypes": ["invoice_paid"], "commissionRules": [FIRST, LATER],
    "commissionCaps": [CAP], "approval": {"mode": "automatic", "upTo": "25.00", "currency": "EUR"},
}  # fmt: skip


@body_of
async def create_campaign(_: Brand) -> Write:
    return Write(
        "/campaigns",
        {
            "name": "Spring",
            "commissionRule": PERCENT,
            "attributionWindowDays": 30,
            "attributionModel": "linear",
            "destinationUrl": "https://shop.example/",
            "deepLinkAllowedDomains": ["shop.example"],
            "holdbackDays": 14,
            "commissionCaps": [CAP],
            "approval": {"mode": "automatic", "upTo": "25.00", "currency": "EUR"},
            "identifyRequiresKey": True,
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "2126-01-01T00:00:00Z",
            "grantToAllPartners": True,
        },
    )


@body_of
async def edit_campaign(brand: Brand) -> Write:
    body = dict((await create_campaign(brand)).body)
    del body["grantToAllPartners"]
    campaign = await brand.campaign()
    return Write(f"/campaigns/{campaign['id']}", {**body, "commissionRule": FIXED}, (200, None))


@body_of
async def create_partner(brand: Brand) -> Write:
    campaign = await brand.campaign()
    return Write(
        "/partners",
        {
            "email": "pat@example.com",
            "name": "Pat",
            "metadata": {"source": "fair", "tags": ["a", {"b": 1}]},
            "sendInvite": True,
            "campaignIds": [campaign["id"]],
            "campaignGrantSource": "offering",
            "commissionSnapshot": SNAPSHOT,
        },
    )


@body_of
async def revoke_partner(brand: Brand) -> Write:
    partner = await brand.partner()
    return Write(
        f"/partners/{partner['id']}/revoke", {"reason": "Spam", "notify": True}, (200, None)
    )


@body_of
async def grant_campaigns(brand: Brand) -> Write:
    partner, campaign = await brand.partner(), await brand.campaign()
    return Write(f"/partners/{partner['id']}/campaigns", {"campaignIds": [campaign["id"]]})


@body_of
async def create_link(brand: Brand) -> Write:
    partner = await brand.partner()
    campaign = await brand.campaign(deepLinkAllowedDomains="shop.example")
    return Write(
        f"/partners/{partner['id']}/links",
        {
            "linkKey": "spring",
            "campaignId": campaign["id"],
            "destinationUrl": "https://shop.example/deep",
        },
    )


@body_of
async def identify_customer(brand: Brand) -> Write:
    cref = await click(brand, await promotion(brand))
    body = {"cref": cref, "userId": "customer", "ts": "2026-01-01T00:00:00Z"}
    return Write("/attribution/identify", body, (200, None))


@body_of
async def report_event(_: Brand) -> Write:
    return Write(
        "/attribution/events",
        {
            "userId": "customer",
            "type": "invoice_paid",
            "value": "200.00",
            "currency": "EUR",
            "metadata": {"order": {"lines": [1, "two"]}},
            "ts": "2026-01-01T00:00:00Z",
            "externalId": "invoice-1",
            "corrects": None,
        },
        (200, None),
    )


@body_of
async def ask_to_sign_in(_: Brand) -> Write:
    return Write("/auth/signin", {"email": "pat@example.com"}, (200, None))


@body_of
async def sign_in(_: Brand) -> Write:
    return Write("/auth/magic/verify", {"token": "opml_guess"}, (400, "invalid_or_expired_token"))


@body_of
async def install(_: Brand) -> Write:
    body: Any = {
        "adminName": "Ada",
        "adminEmail": "ada@example.com",
        "programName": "Shop",
        "supportEmail": "help@example.com",
        "mail": {
            "kind": "smtp",
            "from": "shop@example.com",
            "smtp": {
                "host": "mail.example", "port": 587, "secure": False, "user": "shop",
                "password": "hush",
            },
            "postmark": {"serverToken": "hush", "messageStream": "outbound"},
        },
    }  # fmt: skip
    return Write("/install", body, (400, "install_not_available_in_multi_tenant"))


@body_of
async def confirm_payout(brand: Brand) -> Write:
    payout = await brand.partner()
    return Write(f"/payouts/{payout['id']}/confirm", {"reference": "bank-1"}, (404, "not_found"))


KEY_LIMITS: Json = {"expiresAt": "2126-01-01T00:00:00Z", "allowedAddresses": ["203.0.113.0/24"]}


@body_of
async def create_admin_key(_: Brand) -> Write:
    return Write("/api-keys", {"label": "Ours", **KEY_LIMITS})


@body_of
async def create_scoped_key(_: Brand) -> Write:
    body = {"scopes": ["events:write"], "label": "CRM", **KEY_LIMITS}
    return Write("/api-keys/scoped", body)


@body_of
async def create_partner_key(brand: Brand) -> Write:
    partner = await brand.partner()
    body = {"label": "Tracker", **KEY_LIMITS}
    return Write(f"/partners/{partner['id']}/api-keys", body)
