"""For every route that takes a body: what has to exist, where it is sent, and a body that it accepts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.brand import Brand, Json
from tests.support.conversions import click, promotion

PERCENT = {"type": "percent", "value": 20, "recurring": True, "eventTypes": ["invoice_paid"]}
FIXED = {
    "type": "fixed", "value": "49.90", "currency": "EUR", "recurring": False,
    "eventTypes": ["signup"],
}  # fmt: skip
SNAPSHOT: Json = {
    "commissionType": "percent", "commissionValue": 30, "currency": "EUR", "recurring": True,
    "holdbackDays": 7, "eventTypes": ["invoice_paid"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Write:
    """`body` names every field, so that each is spoiled; `accepted` is what it gets as it is.

    A few can't succeed here, such as setting up what is set up; then it says how they are refused.
    """

    path: str
    body: Json
    accepted: tuple[int, str | None] = (201, None)


Prepare = Callable[[Brand], Awaitable[Write]]
BODIES: dict[str, Prepare] = {}


def body_of(prepare: Prepare) -> Prepare:
    """Enters it under its operation's id."""
    BODIES[prepare.__name__] = prepare
    return prepare


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


@body_of
async def create_admin(_: Brand) -> Write:
    return Write("/admins", {"email": "ida@example.com", "name": "Ida"})


@body_of
async def revoke_admin(brand: Brand) -> Write:
    admin = await brand.made("/admins", {"email": "gone@example.com", "name": "Gus"})
    body = {"reason": "Left", "revokeKeys": False}
    return Write(f"/admins/{admin['id']}/revoke", body, (200, None))


@body_of
async def put_commission_snapshot(brand: Brand) -> Write:
    campaign = await brand.campaign()
    partner = await brand.partner()
    body = {**SNAPSHOT, "campaignId": campaign["id"]}
    return Write(f"/partners/{partner['id']}/commission-snapshot", body, (200, None))


@body_of
async def sign_up_as_partner(_: Brand) -> Write:
    body = {"email": "pia@example.com", "name": "Pia", "profile": {"site": "https://pia.example"}}
    return Write("/partner-signup", body)


@body_of
async def change_signup_policy(_: Brand) -> Write:
    body = {"policy": "require_review", "disabled": False}
    return Write("/config/partner-signup", body, (200, None))


@body_of
async def change_program_settings(_: Brand) -> Write:
    body = {
        "programName": "Acme", "supportEmail": "help@example.com", "logoUrl": "",
        "brandColor": "#16a34a", "termsUrl": "https://acme.example/terms",
    }  # fmt: skip
    return Write("/config/program", body, (200, None))


@body_of
async def change_mail_settings(_: Brand) -> Write:
    body: Any = {
        "kind": "none",
        "from": "shop@example.com",
        "smtp": {
            "host": "mail.example", "port": 587, "secure": False, "user": "shop",
            "password": "hush",
        },
        "postmark": {"serverToken": "hush", "messageStream": "outbound"},
    }  # fmt: skip
    return Write("/config/mail", body, (200, None))


@body_of
async def send_test_mail(_: Brand) -> Write:
    return Write("/config/mail/test", {"to": "ada@example.com"}, (200, None))
