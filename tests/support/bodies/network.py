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
