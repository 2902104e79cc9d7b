"""What was exported is put back: exactly, twice without change, and into whosever workspace it is."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from api.features.exports.tables import OWNED
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.bundles import ADMIN_KEY, a_partner, bundle, put_back
from tests.support.estate import furnish, rows, wipe
from tests.support.statements import statements
from tests.support.tricky import TRICKY

AT = {"at": "2026-11-01T12:00:00Z"}


async def exported(brand: Brand) -> bytes:
    answer = await brand.get("/export.json", params=AT)
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


@pytest.fixture
async def empty(empty_install: Install) -> Brand:
    """An installation in which nobody has done anything yet."""
    http, scratch, _ = await empty_install(admin_api_key=ADMIN_KEY)
    return Brand(http, scratch, DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG, ADMIN_KEY)


async def test_export_wipe_import_export_is_the_same_bytes(brand: Brand) -> None:
    await furnish(brand)
    before = await exported(brand)
    await wipe(brand)
    assert await exported(brand) != before
    answer = await put_back(brand, before)
    assert answer.status_code == 200, answer.text
    report = answer.json()["report"]
    tables = json.loads(before)["tables"]
    assert report["inserted"] == {name: len(found) for name, found in tables.items()}
    assert set(report["skipped"].values()) == {0}
    assert await exported(brand) == before


async def test_importing_twice_changes_nothing(brand: Brand) -> None:
    await furnish(brand)
    before = await exported(brand)
    await wipe(brand)
    await put_back(brand, before)
    stored = [await rows(brand, owned.name) for owned in OWNED]
    again = (await put_back(brand, before)).json()
    tables = json.loads(before)["tables"]
    assert again["ok"] is True
    assert set(again["report"]["inserted"].values()) == {0}
    assert again["report"]["skipped"] == {name: len(found) for name, found in tables.items()}
    assert [await rows(brand, owned.name) for owned in OWNED] == stored


async def test_a_bundle_restores_an_empty_installation_exactly(brand: Brand, empty: Brand) -> None:
    await furnish(brand)
    before = await exported(brand)
    assert (await put_back(empty, before)).status_code == 200
    assert await exported(empty) == before
    assert {row["tenant_id"] for row in await rows(empty, "partners")} == {DEFAULT_TENANT_ID}


async def test_it_runs_as_before_once_it_is_put_back(brand: Brand, empty: Brand) -> None:
    """Not only the same rows: the program goes on, from the next link to the next commission."""
    await furnish(brand)
    await put_back(empty, await exported(brand))
    for path in ("/partners", "/campaigns", "/commissions"):
        here = (await empty.get(path, params={"limit": 200})).json()
        there = (await brand.get(path, params={"limit": 200})).json()
        assert _without_tenant(here) == _without_tenant(there)
    partner = await empty.partner()
    await empty.link(partner, await empty.campaign())


def _without_tenant(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _without_tenant(one) for key, one in found.items() if key != "tenantId"}
    return [_without_tenant(one) for one in found] if isinstance(found, list) else found


async def test_14_5_whoever_imports_owns_the_rows(brand: Brand, other_brand: Brand) -> None:
    """Also where a row says whose it was: a bundle can't write into another workspace."""
    stolen = a_partner(tenantId=str(other_brand.tenant_id))
    assert (await put_back(brand, bundle(Partner=[stolen]))).status_code == 200
    [row] = await rows(brand, "partners")
    assert (row["tenant_id"], str(row["id"])) == (brand.tenant_id, stolen["id"])
    assert await rows(other_brand, "partners") == []


async def test_14_5_one_bundle_in_two_workspaces_stays_apart(
    brand: Brand, other_brand: Brand
) -> None:
    await furnish(brand)
    before = await exported(brand)
    assert (await put_back(other_brand, before)).status_code == 200
    assert await exported(other_brand) == before
    assert await exported(brand) == before


async def test_14_5_texts_that_look_like_dates_stay_texts(brand: Brand) -> None:
    wanted = [
        a_partner(email=f"p{number}@example.com", name=text, metadata={"text": text})
        for number, text in enumerate(TRICKY)
    ]
    assert (await put_back(brand, bundle(Partner=wanted))).status_code == 200
    stored = {row["email"]: row for row in await rows(brand, "partners")}
    for one in wanted:
        assert stored[one["email"]]["name"] == one["name"]
        assert json.loads(stored[one["email"]]["metadata"]) == one["metadata"]


async def test_arrays_lists_and_nothing_keep_their_kind(brand: Brand) -> None:
    settings: list[dict[str, Any]] = [
        {"key": "a", "value": None},
        {"key": "b", "value": ["x", None, {"y": [1.10]}]},
        {"key": "c", "value": "2026-11-01T00:00:00Z"},
        {"key": "d", "value": 123456789012345678901234567890},
    ]
    body = json.dumps(bundle(Config=settings)).replace("[1.1]", "[1.10]").encode()
    assert (await put_back(brand, body)).status_code == 200
    stored = {row["key"]: row["value"] for row in await rows(brand, "settings")}
    assert stored == {
        "a": "null",
        "b": '["x", null, {"y": [1.10]}]',
        "c": '"2026-11-01T00:00:00Z"',
        "d": "123456789012345678901234567890",
    }


async def test_what_a_bundle_does_not_say_gets_its_default(brand: Brand) -> None:
    """So that a bundle of an earlier version can be put back into a later one."""
    assert (await put_back(brand, bundle(partners=[a_partner()]))).status_code == 200
    [row] = await rows(brand, "partners")
    assert (row["metadata"], row["activated_at"]) == ("{}", None)
    assert row["created_at"] is not None


async def test_what_is_there_already_stays_as_it_is(brand: Brand) -> None:
    partner = await brand.partner(name="As it is")
    changed = a_partner(id=partner["id"], email=partner["email"], name="Otherwise")
    report = (await put_back(brand, bundle(Partner=[changed, a_partner()]))).json()["report"]
    assert report == {"inserted": {"Partner": 1}, "skipped": {"Partner": 1}}
    names = {row["name"] for row in await rows(brand, "partners")}
    assert names == {"As it is", "Pat"}


async def test_clicks_of_any_age_find_a_place(brand: Brand) -> None:
    clicks = [
        {
            "id": str(new_id()), "ts": f"{year}-02-03T04:05:06.789123Z", "landingUrl": "x",
            "partnerId": str(new_id()), "campaignId": str(new_id()),
        }
        for year in (1999, 2020, 2026)
    ]  # fmt: skip
    assert (await put_back(brand, bundle(Click=clicks))).status_code == 200
    found = (await brand.get("/export/Click.json")).json()
    assert [one["ts"] for one in found] == [one["ts"] for one in clicks]
    report = (await put_back(brand, bundle(Click=clicks))).json()["report"]
    assert report["skipped"] == {"Click": 3}


async def test_only_admins_import(brand: Brand) -> None:
    for headers in (
        await brand.partner_headers(await brand.partner()),
        await brand.scoped_headers("partners:write", "partners:read"),
    ):
        refused = await brand.post("/import", bundle(), headers=headers)
        assert refused.status_code == 403


async def test_p7_a_bundle_larger_than_other_bodies_is_read_as_it_comes(brand: Brand) -> None:
    """In a constant number of statements a thousand rows, however many parameters that would be."""
    count = 20_000

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"schemaVersion":1,"tables":{"Partner":['
        for number in range(count):
            one = a_partner(email=f"p{number}@example.com", metadata={"text": "x" * 100})
            yield (b"," if number else b"") + json.dumps(one).encode()
        yield b"]}}"

    headers = {**brand.headers, "content-type": "application/json"}
    with statements() as sent:
        answer = await brand.request("POST", "/import", content=pieces(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["report"]["inserted"] == {"Partner": count}
    inserts = [one for one in sent if one.startswith("INSERT INTO partners")]
    assert 20 <= len(inserts) <= 25


async def test_an_import_is_written_down_once_with_the_digest_of_its_bundle(brand: Brand) -> None:
    body = bundle(Partner=[a_partner()])
    await put_back(brand, body)
    await put_back(brand, body)
    found = (await brand.get("/audit", params={"action": "import_bundle"})).json()["entries"]
    assert len(found) == 1
    assert found[0]["details"]["inserted"] == {"Partner": 1}
    assert len(found[0]["details"]["sha256"]) == 64
    assert found[0]["address"] == "127.0.0.1"
    [row] = await rows(brand, "audit_entries")
    assert (row["action"], isinstance(row["id"], UUID)) == ("import_bundle", True)
