"""For thirty days a workspace that is to be deleted can be restored, and nothing else."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from api.features.account.service import GRACE
from shared.ids import new_id
from tests.api.conftest import People
from tests.support.account import ask, everything
from tests.support.brand import Brand
from tests.support.conversions import commission
from tests.support.estate import furnish
from tests.support.people import Person
from tests.support.published import Operation, operations
from tests.support.refusals import refusal

# Of these routes nobody's workspace is asked for: they are the installation's own.
OF_NOBODY = {"get_install_status", "install", "take_stripe_event", "check_domain"}


async def test_deletion_has_thirty_days_of_grace(brand: Brand) -> None:
    before = (await brand.get("/account/deletion-status")).json()
    assert before == {
        "slug": brand.slug, "pendingDeletionAt": None, "deletionReason": None,
        "graceWindowDays": 30, "hardDeleteAt": None,
    }  # fmt: skip
    asked = await ask(brand, reason="Moved elsewhere")
    assert asked.status_code == 200
    body = asked.json()
    assert (body["ok"], body["graceWindowDays"]) == (True, 30)
    assert body["obligationsAtDelete"] == {"approvedCommissions": [], "pendingPayouts": []}
    status = (await brand.get("/account/deletion-status")).json()
    assert status["pendingDeletionAt"] == body["pendingDeletionAt"]
    assert status["hardDeleteAt"] == body["hardDeleteAt"]
    assert status["deletionReason"] == "Moved elsewhere"
    [row] = await brand.fetch(
        "select $1::text::timestamptz - $2::text::timestamptz as between",
        body["hardDeleteAt"], body["pendingDeletionAt"],
    )  # fmt: skip
    assert row["between"] == GRACE


async def test_nothing_is_deleted_by_a_slip_of_the_finger(brand: Brand) -> None:
    assert refusal(await ask(brand, confirmSlug="another")) == (400, "confirm_slug_mismatch")
    assert refusal(await ask(brand, confirmSlug=brand.slug.upper())) == (
        400, "confirm_slug_mismatch",
    )  # fmt: skip
    for wrong in ({"confirmSlug": ""}, {"reason": "x" * 2001}, {"confirmslug": "x"}):
        assert refusal(await ask(brand, **wrong)) == (400, "invalid_body")
    assert (await brand.get("/partners")).status_code == 200


BRANDS = [operation for operation in operations() if operation.is_brands]


@pytest.mark.parametrize("operation", BRANDS, ids=lambda operation: operation.id)
async def test_while_it_is_near_only_the_way_back_is_open(
    operation: Operation, closed: Brand
) -> None:
    path = operation.path.replace("{table}.{format}", "Partner.json")
    path = re.sub(r"\{\w+\}", str(new_id()), path)
    if not path.startswith("/api/") or operation.id in OF_NOBODY:
        return
    local = path.removeprefix("/api")
    keyed = await closed.request(operation.method, local)
    if operation.permissions:
        answers = [keyed]
    else:
        by_slug = f"/t/{closed.slug}{local}"
        answers = [keyed, await closed.request(operation.method, by_slug, headers={})]
    for answer in answers:
        if local.startswith(("/account/", "/auth/")):
            assert answer.status_code != 410
        else:
            assert refusal(answer) == (410, "tenant_pending_deletion")
            assert answer.json()["slug"] == closed.slug


@pytest.fixture
async def closed(brand: Brand) -> Brand:
    """About to be deleted."""
    await brand.execute(
        "update tenants set pending_deletion_at = now() where id = $1", brand.tenant_id
    )
    return brand


async def test_partners_and_integrations_are_shut_out_too(brand: Brand) -> None:
    partner = await brand.partner()
    callers = [
        await brand.partner_headers(partner),
        await brand.scoped_headers("partners:read", "commissions:read"),
    ]
    await ask(brand)
    for headers in callers:
        refused = await brand.get(f"/partners/{partner['id']}/commissions", headers=headers)
        assert refusal(refused) == (410, "tenant_pending_deletion")
    wrong = await brand.get("/partners", headers={"Authorization": "Bearer op_wrong"})
    assert refusal(wrong) == (401, "unauthorized")


async def test_r11_an_admin_can_come_back_by_mail_and_by_the_open_browser(
    brand: Brand, people: People
) -> None:
    """Both ways that people have: the session they have, and a fresh link."""
    ada, bob = await people("admin"), await people("admin")
    await ada.sign_in()
    await ask(brand)
    whoami = await ada.whoami()
    assert whoami.json()["role"] == "admin"
    refused = await ada.client.get(f"{ada.api}/partners")
    assert refusal(refused) == (410, "tenant_pending_deletion")
    assert (await restore(ada, whoami.json())).json() == {"ok": True}
    assert (await ada.client.get(f"{ada.api}/partners")).status_code == 200
    await ask(brand)
    signed_in = await bob.sign_in()
    assert (await restore(bob, signed_in)).json() == {"ok": True}
    assert (await bob.client.get(f"{bob.api}/partners")).status_code == 200


async def restore(person: Person, signed_in: dict[str, Any]) -> httpx2.Response:
    headers = {"x-csrf-token": signed_in["csrfToken"]}
    return await person.client.post(f"{person.api}/account/restore", headers=headers)


async def test_a_restored_workspace_is_as_it_was(brand: Brand) -> None:
    await furnish(brand)
    before = await everything(brand)
    await ask(brand, forceDespiteObligations=True)
    assert (await brand.post("/account/restore")).json() == {"ok": True}
    after = await everything(brand)
    changed = {
        "tenants",
        "audit_entries",
        "api_keys",
    }  # When it was changed, by whom, and with which key.
    assert {name for name in before if before[name] != after[name]} <= changed
    assert refusal(await brand.post("/account/restore")) == (409, "not_pending_deletion")
    actions = [entry["action"] for entry in (await brand.get("/audit")).json()["entries"]]
    assert actions[:2] == ["restore_account", "delete_account"]


async def test_asking_twice_at_once_is_asking_once(brand: Brand) -> None:
    answers = await asyncio.gather(*(ask(brand, reason=f"{number}") for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {
        "already_pending_deletion"
    }


async def test_only_admins_decide(brand: Brand) -> None:
    for headers in (
        await brand.partner_headers(await brand.partner()),
        await brand.scoped_headers("partners:write"),
    ):
        for method, path in (
            ("POST", "/account/delete"),
            ("POST", "/account/restore"),
            ("GET", "/account/deletion-status"),
        ):
            body = {"confirmSlug": brand.slug} if path.endswith("delete") else None
            refused = await brand.request(method, path, json=body, headers=headers)
            assert refused.status_code == 403


async def test_r11_what_partners_are_owed_is_said_in_figures(brand: Brand) -> None:
    for _ in range(2):
        earned = await commission(brand)
        await brand.made(f"/commissions/{earned['id']}/approve")
    refused = await ask(brand)
    assert refusal(refused) == (409, "pending_obligations")
    approved = {"currency": "USD", "count": 2, "amount": "80.00"}
    assert refused.json()["obligations"] == {
        "approvedCommissions": [approved], "pendingPayouts": [],
    }  # fmt: skip
    await brand.made("/payouts/run")
    pending = [{**approved, "count": 2}]
    refused = await ask(brand)
    assert refused.json()["obligations"] == {"approvedCommissions": [], "pendingPayouts": pending}
    assert (await brand.get("/partners")).status_code == 200
    forced = await ask(brand, forceDespiteObligations=True)
    assert forced.json()["obligationsAtDelete"]["pendingPayouts"] == pending


async def test_links_go_on_leading_somewhere_until_the_end(closed: Brand) -> None:
    [row] = await closed.fetch("select status from tenants where id = $1", closed.tenant_id)
    assert row["status"] == "active"
    running = await closed.fetch("select active_tenants() as id")
    assert closed.tenant_id not in {row["id"] for row in running}
