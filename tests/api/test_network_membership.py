"""Joining a network, and leaving it: what is stored, what is shown, and what the network may do."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from api.access.resealing import reseal_everything
from api.access.roles import BUNDLES
from api.access.sealing import Sealer
from api.main import create_app
from api.settings import Settings
from shared.database import open_database
from tests.conftest import SECRETS_KEY
from tests.support.brand import Brand, bearer, found_brand
from tests.support.contract import Contract
from tests.support.coordinator import Coordinator, coordinating
from tests.support.databases import Scratch
from tests.support.membership import join, pushes, start
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


async def setting(brand: Brand) -> str:
    [row] = await brand.fetch(
        "select value::text from settings where tenant_id = $1 and key = 'network_membership'",
        brand.tenant_id,
    )
    return str(row[0])


async def test_a_brand_joins_and_nobody_ever_sees_its_token(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    [token] = vendor.tokens
    shown = (await brand.get("/config/network")).json()
    assert shown["connected"] is True
    assert shown["hasVendorToken"] is True
    assert (shown["vendorId"], shown["networkUrl"]) == (vendor.id, coordinator.url)
    assert token not in await setting(brand)
    assert token not in json.dumps(shown)
    audit = (await brand.get("/audit")).text
    assert token not in audit
    assert coordinator.books.mails[-1].token not in audit


async def test_the_network_gets_a_key_with_exactly_the_scopes_that_it_needs(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    facts = await brand.get("/auth/introspect", headers=bearer(vendor.scoped_key))
    assert facts.json()["role"] == "scoped"
    assert set(facts.json()["scopes"]) == set(BUNDLES["network"])
    refused = await brand.get("/payouts", headers=bearer(vendor.scoped_key))
    assert refused.status_code in {403, 404, 405}
    config = await brand.get("/config/network", headers=bearer(vendor.scoped_key))
    assert refusal(config) == (403, "forbidden_scope")


async def test_the_mail_leads_to_this_installation_and_to_no_other(
    brand: Brand, coordinator: Coordinator
) -> None:
    await start(brand, coordinator)
    assert f"/t/{brand.slug}/admin/network/complete?ntoken=" in coordinator.books.mails[-1].link
    abroad = await brand.post(
        "/config/network/start-connect",
        {"contactEmail": "a@b.example", "portalCallbackUrl": "https://evil.example/complete"},
    )
    assert refusal(abroad)[0] == 400
    assert len(coordinator.books.mails) == 1


async def test_another_brands_link_connects_nobody(
    brand: Brand, other_brand: Brand, coordinator: Coordinator
) -> None:
    await start(brand, coordinator)
    stolen = coordinator.books.mails[-1].token
    await start(other_brand, coordinator)
    answer = await other_brand.post("/config/network/complete-connect", {"ntoken": stolen})
    assert refusal(answer) == (502, "network_verify_failed")
    assert (await other_brand.get("/config/network")).json()["connected"] is False


async def test_a_token_that_was_used_or_made_up_connects_nobody(
    brand: Brand, coordinator: Coordinator
) -> None:
    await join(brand, coordinator)
    used = coordinator.books.mails[-1].token
    for token in (used, "n" * 40):
        answer = await brand.post("/config/network/complete-connect", {"ntoken": token})
        assert refusal(answer) == (502, "network_verify_failed")
    assert (await brand.get("/config/network")).json()["connected"] is True


async def test_a_sign_up_that_fails_leaves_no_key_behind(brand: Brand) -> None:
    await brand.made("/config/network", {"networkUrl": "http://127.0.0.1:9"})
    answer = await brand.post("/config/network/start-connect", {"contactEmail": "a@b.example"})
    assert refusal(answer) == (502, "network_signup_failed")
    rows = await brand.fetch(
        "select revoked_at from api_keys where tenant_id = $1 and label = 'network_federation'",
        brand.tenant_id,
    )
    assert [row[0] is not None for row in rows] == [True]


async def test_joining_anew_ends_the_key_of_before(brand: Brand, coordinator: Coordinator) -> None:
    first = (await join(brand, coordinator)).scoped_key
    second = (await join(brand, coordinator)).scoped_key
    assert len(coordinator.books.vendors) == 1
    assert (await brand.get("/auth/introspect", headers=bearer(first))).status_code == 401
    assert (await brand.get("/auth/introspect", headers=bearer(second))).status_code == 200


async def test_whoever_leaves_takes_key_token_and_unsaid_things_along(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    await brand.partner()
    assert len(await pushes(brand)) == 1
    left = await brand.request("DELETE", "/config/network")
    assert left.json() == {"ok": True, "told": True}
    assert vendor.status == "deleted"
    assert (
        await brand.get("/auth/introspect", headers=bearer(vendor.scoped_key))
    ).status_code == 401
    assert (await brand.get("/config/network")).json()["hasVendorToken"] is False
    assert await pushes(brand) == []


async def test_leaving_needs_no_network(brand: Brand) -> None:
    async with coordinating() as coordinator:
        vendor = await join(brand, coordinator)
    left = await brand.request("DELETE", "/config/network")
    assert left.json() == {"ok": True, "told": False}
    assert (
        await brand.get("/auth/introspect", headers=bearer(vendor.scoped_key))
    ).status_code == 401


async def test_another_address_forgets_the_token_which_is_not_its_own(
    brand: Brand, coordinator: Coordinator
) -> None:
    vendor = await join(brand, coordinator)
    await brand.partner()
    async with coordinating() as thief:
        moved = await brand.made("/config/network", {"networkUrl": thief.url})
        assert (moved["hasVendorToken"], moved["connected"]) == (False, False)
        assert (moved["vendorId"], moved["scopedKeyId"], moved["connectedAt"]) == (None, None, None)
        answer = await brand.get("/admin/network/me")
        assert refusal(answer) == (503, "network_not_configured")
        assert thief.heard == []
    with_its_key = await brand.get("/auth/introspect", headers=bearer(vendor.scoped_key))
    assert with_its_key.status_code == 401, "who is no longer our network has no key of ours"
    assert await pushes(brand) == []


async def test_a_pause_keeps_the_token(brand: Brand, coordinator: Coordinator) -> None:
    await join(brand, coordinator)
    await brand.made("/config/network", {"enabled": False})
    assert refusal(await brand.get("/admin/network/me")) == (503, "network_not_configured")
    await brand.made("/config/network", {"enabled": True})
    assert (await brand.get("/admin/network/me")).status_code == 200


async def test_a_network_within_our_own_walls_is_not_called(
    scratch: Scratch, settings: Settings, contract: Contract
) -> None:
    app = create_app(settings)
    async with (
        served(app) as address,
        httpx2.AsyncClient(
            base_url=address, timeout=30, event_hooks={"response": [contract.check]}
        ) as strict,
    ):
        guarded = await found_brand(strict, scratch)
        for url in ("http://127.0.0.1/", "http://169.254.169.254/latest", "ftp://network.example"):
            answer = await guarded.post("/config/network", {"networkUrl": url})
            assert refusal(answer) == (400, "invalid_body"), url


async def test_a_token_sealed_by_a_key_that_is_gone_is_no_connection_and_no_failure(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    await join(brand, coordinator)
    await brand.execute(
        "update settings set value = jsonb_set(value, '{vendorTokenCiphertext}', $2::jsonb)"
        " where tenant_id = $1 and key = 'network_membership'",
        brand.tenant_id, '"00000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"',
    )  # fmt: skip
    await brand.partner()
    await worker.drain()
    assert refusal(await brand.get("/admin/network/me")) == (503, "network_not_configured")
    assert [one["error"] for one in await pushes(brand)] == ["not connected"]


async def test_rotation_seals_the_token_anew(
    brand: Brand, coordinator: Coordinator, settings: Settings
) -> None:
    await join(brand, coordinator)
    before = await setting(brand)
    changed = settings.model_copy(
        update={
            "secrets_encryption_key": type(settings.secrets_encryption_key)("22" * 32),
            "secrets_encryption_keys_old": (type(settings.secrets_encryption_key)(SECRETS_KEY),),
        }
    )
    database = open_database(settings.database_url_app.get_secret_value(), pool=2)
    try:
        await reseal_everything(database, Sealer.of(changed))
        after = await setting(brand)
        assert after != before
        # Back again: other tests share this database.
        backwards = changed.model_copy(
            update={
                "secrets_encryption_key": settings.secrets_encryption_key,
                "secrets_encryption_keys_old": (changed.secrets_encryption_key,),
            }
        )
        await reseal_everything(database, Sealer.of(backwards))
    finally:
        await database.close()
    assert (await brand.get("/admin/network/me")).status_code == 200


async def test_a_workspace_that_is_about_to_be_deleted_leaves(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor = await join(brand, coordinator)
    await brand.made("/account/delete", {"confirmSlug": brand.slug})
    await worker.drain()
    assert vendor.status == "deleted"
    await brand.made("/account/restore")
    assert (await brand.get("/config/network")).json()["hasVendorToken"] is False


async def test_a_workspace_that_was_restored_at_once_stays(
    brand: Brand, coordinator: Coordinator, worker: Worker
) -> None:
    vendor = await join(brand, coordinator)
    await brand.made("/account/delete", {"confirmSlug": brand.slug})
    await brand.made("/account/restore")
    await worker.drain()
    assert vendor.status == "active"
    assert (await brand.get("/admin/network/me")).status_code == 200


async def test_white_label_and_the_network_exclude_each_other(
    brand: Brand, coordinator: Coordinator
) -> None:
    await brand.execute("update tenants set white_label = true where id = $1", brand.tenant_id)
    started = await brand.post("/config/network/start-connect", {"contactEmail": "a@b.example"})
    assert refusal(started) == (409, "white_label_network_conflict")
    enabled = await brand.post("/config/network", {"networkUrl": coordinator.url, "enabled": True})
    assert refusal(enabled) == (409, "white_label_network_conflict")
    assert coordinator.heard == []
