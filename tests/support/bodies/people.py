"""Bodies for people and settings."""

from typing import Any

from tests.support.bodies.pipeline import SNAPSHOT
from tests.support.bodies.write import Write, body_of
from tests.support.brand import Brand


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


@body_of
async def delete_account(brand: Brand) -> Write:
    return Write(
        "/account/delete",
        {"confirmSlug": brand.slug, "reason": "Moving on", "forceDespiteObligations": True},
        (200, None),
    )
