"""Bodies for the creator network, to which nobody is connected here."""

from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand

AWAY = (503, "network_not_configured")
NOWHERE = (503, "network_url_not_configured")


@body_of
async def change_network(brand: Brand) -> Write:
    key = await brand.made("/api-keys/scoped", {"scopes": ["partners:write"]})
    body = {
        "enabled": False,
        "networkUrl": "https://network.example.com",
        "vendorToken": "vntok_0123456789abcdef",
        "scopedKeyId": key["id"],
        "autoEnroll": True,
    }
    return Write("/config/network", body, (200, None))


@body_of
async def start_network_connection(_: Brand) -> Write:
    body = {
        "portalCallbackUrl": "https://portal.example.com/admin/network/complete",
        "contactEmail": "ada@example.com",
        "contactName": "Ada",
        "displayName": "Acme",
        "instanceUrl": "https://partners.example.com/api",
    }
    return Write("/config/network/start-connect", body, NOWHERE)


@body_of
async def complete_network_connection(_: Brand) -> Write:
    body = {"ntoken": "ntoken-0123456789abcdef"}
    return Write("/config/network/complete-connect", body, NOWHERE)


OFFERING = {
    "title": "Acme",
    "vendorCampaignId": "01900000-0000-7000-8000-000000000009",
    "description": "Things",
    "commissionSummary": "20 % for life",
    "cookieDays": 60,
    "productUrl": "https://acme.example.com",
    "heroImageUrl": "https://acme.example.com/hero.png",
    "terms": {
        "commissionType": "percent",
        "commissionValue": 20,
        "currency": "USD",
        "recurring": True,
        "eventTypes": ["invoice_paid"],
        "payoutHoldbackDays": 30,
        "attributionWindowDays": 60,
        "attributionModel": "last_click",
        "campaignEndsAt": "2027-01-01T00:00:00Z",
    },
    "published": True,
}


@body_of
async def create_network_offering(_: Brand) -> Write:
    return Write("/admin/network/offerings", OFFERING, AWAY)


@body_of
async def change_network_offering(_: Brand) -> Write:
    return Write("/admin/network/offerings/off_elsewhere", OFFERING, AWAY)


@body_of
async def approve_network_request(_: Brand) -> Write:
    body = {"decisionNote": "Welcome"}
    return Write("/admin/network/requests/req_elsewhere/approve", body, AWAY)


@body_of
async def reject_network_request(_: Brand) -> Write:
    body = {"decisionNote": "Not this time"}
    return Write("/admin/network/requests/req_elsewhere/reject", body, AWAY)


@body_of
async def start_network_checkout(_: Brand) -> Write:
    body = {
        "successUrl": "https://portal.example.com/a",
        "cancelUrl": "https://portal.example.com/b",
    }
    return Write("/admin/network/billing/checkout", body, AWAY)


@body_of
async def open_network_billing(_: Brand) -> Write:
    return Write(
        "/admin/network/billing/portal", {"returnUrl": "https://portal.example.com/a"}, AWAY
    )


@body_of
async def apply_to_offering(_: Brand) -> Write:
    body = {"message": "Hello", "preferredSlug": "pat"}
    return Write("/network/offerings/off_elsewhere/apply", body, (403, "partner_only"))


@body_of
async def change_creator_profile(_: Brand) -> Write:
    body = {
        "name": "Pat",
        "handle": "pat",
        "avatarUrl": "https://pat.example.com/me.png",
        "bio": "Me",
        "profile": {"youtube": "pat"},
    }
    return Write("/network/me/profile", body, (403, "partner_only"))
