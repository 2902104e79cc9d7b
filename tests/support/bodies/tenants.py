"""Bodies for signing brands up, for people with several, and for operators."""

from shared.ids import new_id
from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand
from tests.support.operating import operator_headers, platform_headers
from tests.support.people import add_admin

CONSOLE = "/platform-admin"


@body_of
async def sign_up(_: Brand) -> Write:
    name = new_id().hex[-12:]
    body = {
        "slug": f"brand-{name}", "displayName": "Acme", "adminEmail": f"{name}@example.com",
        "adminName": "Ada", "plan": "flex",
    }  # fmt: skip
    return Write("/signup", body)


@body_of
async def ask_for_workspaces(_: Brand) -> Write:
    return Write("/signin", {"email": "ada@example.com"}, (200, None))


@body_of
async def sign_in_to_platform(_: Brand) -> Write:
    refused = (400, "invalid_or_expired_token")
    return Write("/auth/platform-verify", {"token": "oppl_guess"}, refused)


@body_of
async def enter_workspace(brand: Brand) -> Write:
    _, email = await add_admin(brand)
    headers = await platform_headers(brand, "person", email)
    return Write("/workspaces/enter", {"slug": brand.slug}, (200, None), headers)


@body_of
async def ask_for_console(_: Brand) -> Write:
    return Write(f"{CONSOLE}/signin", {"email": "olga@example.com"}, (200, None))


@body_of
async def sign_in_to_console(_: Brand) -> Write:
    return Write(f"{CONSOLE}/verify", {"token": "opol_guess"}, (400, "invalid_or_expired_token"))


@body_of
async def add_operator(brand: Brand) -> Write:
    body = {"email": f"{new_id().hex[-12:]}@example.com", "name": "Olga", "role": "support"}
    return Write(f"{CONSOLE}/operators", body, headers=await operator_headers(brand))


@body_of
async def reject_brand(brand: Brand) -> Write:
    body = {"reason": "Spam", "notifyBrand": True, "banEmail": True, "banDomain": False}
    path = f"{CONSOLE}/brands/{brand.tenant_id}/reject"
    return Write(path, body, (200, None), await operator_headers(brand))


@body_of
async def suspend_brand(brand: Brand) -> Write:
    body = {"reason": "Unpaid", "notifyBrand": True}
    path = f"{CONSOLE}/brands/{brand.tenant_id}/suspend"
    return Write(path, body, (200, None), await operator_headers(brand))


@body_of
async def set_brands_plan(brand: Brand) -> Write:
    path = f"{CONSOLE}/brands/{brand.tenant_id}/plan"
    return Write(path, {"plan": "enterprise"}, (200, None), await operator_headers(brand))


@body_of
async def block_brands_campaign(brand: Brand) -> Write:
    campaign = await brand.campaign()
    path = f"{CONSOLE}/brands/{brand.tenant_id}/campaigns/{campaign['id']}/block"
    return Write(path, {"reason": "Phishing"}, (200, None), await operator_headers(brand))


@body_of
async def block_signups(brand: Brand) -> Write:
    body = {"kind": "domain", "value": f"{new_id().hex[-12:]}.example", "reason": "Spam"}
    return Write(f"{CONSOLE}/blocklist", body, headers=await operator_headers(brand))


@body_of
async def add_domain(_: Brand) -> Write:
    host = f"partners.{new_id().hex[-12:]}.example"
    return Write("/domains", {"host": host, "purpose": "portal"})


@body_of
async def change_white_label(_: Brand) -> Write:
    return Write("/config/white-label", {"enabled": True}, (200, None))
