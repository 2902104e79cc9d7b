"""Which workspace a request means, and what is open in one that is shut."""

from pathlib import Path

import httpx2
import pytest

from api.main import create_app
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import settings_for
from tests.support.brand import Brand
from tests.support.bundles import ADMIN_KEY
from tests.support.calls import signed_in
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.statements import statements


async def test_x4_whoever_names_no_workspace_is_told_how_to(brand: Brand) -> None:
    answer = await brand.get("/partners", headers={})
    assert refusal(answer) == (400, "tenant_slug_missing")
    assert "/t/<slug>" in answer.json()["detail"]
    assert (await brand.get("/partners")).status_code == 200


@pytest.mark.parametrize(
    "form", ["/api/t/{}/branding", "/t/{}/api/branding", "/api/t/{}/branding?x"]
)
async def test_every_form_of_a_workspaces_address_works(brand: Brand, form: str) -> None:
    answer = await brand.http.get(form.format(brand.slug))
    assert answer.json()["slug"] == brand.slug


async def test_a_query_right_behind_the_slug_is_no_part_of_it(brand: Brand) -> None:
    answer = await brand.http.get(f"/t/{brand.slug}?x=1")
    assert answer.status_code == 200
    assert brand.slug.title() in answer.text


async def test_r17_the_first_workspace_stays_reachable_among_many(
    scratch: Scratch, tmp_path: Path, contract: Contract
) -> None:
    settings = settings_for(scratch, tmp_path, admin_api_key=ADMIN_KEY)
    async with (
        served(create_app(settings)) as address,
        httpx2.AsyncClient(
            base_url=address, event_hooks={"response": [contract.check]}, timeout=60
        ) as http,
    ):
        assert (await http.get("/api/t/default/branding")).json()["slug"] == "default"
        own = {"Authorization": f"Bearer {ADMIN_KEY}"}
        assert (await http.get("/api/t/default/partners", headers=own)).status_code == 200


async def test_p1_a_workspaces_name_is_looked_up_once_and_its_state_every_time(
    brand: Brand,
) -> None:
    path = f"/api/t/{brand.slug}/branding"
    await brand.http.get(path)
    with statements() as sent:
        await brand.http.get(path)
    assert not any("tenant_by_slug" in statement for statement in sent)
    await brand.execute("update tenants set status = 'suspended' where id = $1", brand.tenant_id)
    assert refusal(await brand.http.get(path)) == (403, "tenant_suspended")


async def test_in_a_suspended_workspace_people_sign_in_and_export_and_nothing_else(
    brand: Brand,
) -> None:
    cookie = await signed_in(brand)
    await brand.execute("update tenants set status = 'suspended' where id = $1", brand.tenant_id)
    api = f"/api/t/{brand.slug}"
    for headers, prefix in ((brand.headers, "/api"), (cookie, api)):
        for path in ("/auth/whoami", "/export.json", "/billing/status"):
            answer = await brand.http.get(prefix + path, headers=headers)
            assert answer.status_code == 200, path
        for path in ("/partners", "/campaigns", "/webhooks", "/config/program", "/domains"):
            answer = await brand.http.get(prefix + path, headers=headers)
            assert refusal(answer) == (403, "tenant_suspended")
            assert answer.json()["slug"] == brand.slug
    asked = await brand.http.post(f"{api}/auth/signin", json={"email": "ada@example.com"})
    assert asked.status_code == 200


async def test_a_workspace_that_never_was_is_not_found(brand: Brand) -> None:
    for slug in ("nobody", f"x{new_id().hex[-8:]}"):
        answer = await brand.http.get(f"/api/t/{slug}/branding")
        assert refusal(answer) == (404, "tenant_not_found")
    assert brand.tenant_id != DEFAULT_TENANT_ID
