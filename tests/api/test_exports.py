"""Everything a brand owns can be taken along: whole, in order, and harmless to open."""

import asyncio
import csv
import io
import json
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from api.features.exports.queries import ESCAPED
from api.features.exports.routes import LANES
from api.features.exports.tables import BY_NAME, KEPT_BACK, OWNED
from shared.models.base import Model
from tests.support.brand import Brand
from tests.support.estate import furnish, rows
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.tricky import TRICKY

AT = {"at": "2026-11-01T12:00:00Z"}
A_SECRET = ("digest", "token", "password", "plaintext", "key_hash")


async def bundle(brand: Brand) -> dict[str, Any]:
    answer = await brand.get("/export.json", params=AT)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_tenants_table_is_exported_or_says_why_not() -> None:
    tables = {table.name for table in Model.metadata.sorted_tables if "tenant_id" in table.columns}
    assert {owned.name for owned in OWNED} | set(KEPT_BACK) == tables
    assert {owned.name for owned in OWNED} & set(KEPT_BACK) == set()


def test_no_credential_is_exported() -> None:
    """Whoever finds a bundle can't sign in with it. What is sealed opens only with the master key."""
    leaking = [
        f"{owned.wire}.{name}"
        for owned in OWNED
        for name in owned.columns
        if any(secret in name.lower() for secret in A_SECRET)
    ]
    assert leaking == []


async def test_a_bundle_holds_every_row_once_in_an_order_that_can_be_put_back(brand: Brand) -> None:
    await furnish(brand)
    found = await bundle(brand)
    assert (found["exportedAt"], found["schemaVersion"]) == ("2026-11-01T12:00:00.000Z", 1)
    assert list(found["tables"]) == [owned.wire for owned in OWNED]
    for owned in OWNED:
        stored = await rows(brand, owned.name)
        assert len(found["tables"][owned.wire]) == len(stored), owned.wire
        for shown in found["tables"][owned.wire]:
            assert list(shown) == list(owned.columns)
    seen: set[str] = set()
    for owned in OWNED:
        for constraint in owned.table.foreign_key_constraints:
            if not constraint.deferrable:
                assert constraint.referred_table.name in {"tenants", owned.name, *seen}
        seen.add(owned.name)


async def test_the_same_rows_are_the_same_bytes(brand: Brand) -> None:
    await furnish(brand)
    for path in ("/export.json", "/export.sql", "/export/Click.csv"):
        first, second = [await brand.get(path, params=AT) for _ in range(2)]
        assert first.content == second.content


async def test_without_a_moment_the_bundle_says_when_it_was_made(brand: Brand) -> None:
    made = (await brand.get("/export.json")).json()["exportedAt"]
    [row] = await brand.fetch("select now() - $1::text::timestamptz as ago", made)
    assert 0 <= row["ago"].total_seconds() < 60


async def test_another_brands_rows_are_in_no_export(brand: Brand, other_brand: Brand) -> None:
    await furnish(other_brand)
    secret = other_brand.tenant_id
    theirs = {str(row["id"]) for row in await rows(other_brand, "partners")}
    for path in ("/export.json", "/export.sql", "/export/Partner.csv", "/export/partners.json"):
        text = (await brand.get(path)).text
        assert str(secret) not in text
        assert not any(identifier in text for identifier in theirs)
    assert all(not found for found in (await bundle(brand))["tables"].values())


async def test_a_table_has_two_names(brand: Brand) -> None:
    await brand.partner()
    by_contract = await brand.get("/export/Partner.json")
    by_database = await brand.get("/export/partners.json")
    assert by_contract.content == by_database.content
    assert len(by_contract.json()) == 1
    assert by_contract.headers["content-disposition"] == 'attachment; filename="Partner.json"'


async def test_an_empty_table_is_an_empty_file(brand: Brand) -> None:
    assert (await brand.get("/export/Payout.json")).json() == []
    lines = (await brand.get("/export/Payout.csv")).text.splitlines()
    assert lines == [",".join(BY_NAME["Payout"].columns)]
    assert "-- Payout: no rows" in (await brand.get("/export/Payout.sql")).text


@pytest.mark.parametrize("name", ["Nothing", "sessions", "api_keys", "ApiKey", "tenants", "ticks"])
async def test_what_is_no_table_or_no_data_is_not_exported(brand: Brand, name: str) -> None:
    refused = await brand.get(f"/export/{name}.json")
    assert refusal(refused) == (404, "table_not_exportable")
    assert "Partner" in refused.json()["tables"]


async def test_an_unknown_format_is_refused(brand: Brand) -> None:
    assert refusal(await brand.get("/export/Partner.xlsx")) == (400, "unsupported_format")


async def test_only_admins_export(brand: Brand) -> None:
    partner = await brand.partner_headers(await brand.partner())
    scoped = await brand.scoped_headers("partners:read", "commissions:read")
    for path in ("/export.json", "/export.sql", "/export/Partner.csv"):
        assert refusal(await brand.get(path, headers=partner)) == (403, "forbidden")
        assert refusal(await brand.get(path, headers=scoped)) == (403, "forbidden_scope")


async def test_times_and_numbers_lose_nothing(brand: Brand) -> None:
    await furnish(brand)
    text = (await brand.get("/export.json")).text
    [stored] = await brand.fetch(
        "select value::text from settings where tenant_id = $1 and key = 'exact'", brand.tenant_id
    )
    assert stored["value"] in text
    terms = json.loads(text)["tables"]["Terms"]
    assert "20.0000" in {one["percent"] for one in terms}
    stamps = [row["created_at"] for row in await rows(brand, "terms")]
    assert {one["createdAt"] for one in terms} == {
        f"{stamp:%Y-%m-%dT%H:%M:%S.%f}Z" for stamp in stamps
    }


def unescaped(cell: str) -> str:
    """As the guide says: one apostrophe at the start goes."""
    return cell.removeprefix("'")


async def test_14_5_no_cell_is_run_by_a_spreadsheet_and_every_one_can_be_restored(
    brand: Brand,
) -> None:
    await furnish(brand)
    answer = await brand.get("/export/Partner.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    names = {row["email"]: row["name"] for row in found}
    for number, text in enumerate(TRICKY):
        cell = names[f"tricky{number}@example.com"]
        assert not cell.startswith(ESCAPED[1:]), cell
        assert unescaped(cell) == text
    metadata = {row["email"]: row["metadata"] for row in found}
    assert json.loads(metadata["tricky11@example.com"]) == {"text": "=1+1", "=1+1": ["=1+1"]}


async def test_a_spreadsheet_tells_nothing_from_an_empty_text(brand: Brand) -> None:
    await furnish(brand)
    lines = (await brand.get("/export/Partner.csv")).content.decode().split("\r\n")
    header = lines[0].split(",")
    empty = next(line for line in lines if '"tricky0@example.com"' in line)
    assert empty.split(",")[header.index("name")] == '""'
    assert empty.split(",")[header.index("stripeConnectAccountId")] == ""


async def test_the_export_is_read_through_a_cursor_in_one_snapshot(brand: Brand) -> None:
    with statements() as sent:
        assert (await brand.get("/export.json")).status_code == 200
    assert any("isolation level repeatable read" in statement for statement in sent)
    # Of files one statement brings one, so of none at all there is none.
    light = [owned for owned in OWNED if not owned.is_heavy]
    assert len([one for one in sent if "row_to_json" in one]) == len(light)


async def test_what_changes_meanwhile_is_in_no_table_or_in_all(brand: Brand) -> None:
    """The reader is slow; meanwhile a partner and their link are made. The snapshot has neither."""
    campaign = await brand.campaign()
    await brand.execute(
        "insert into audit_entries (tenant_id, id, actor, action, details)"
        " select $1, gen_random_uuid(), 'system', 'noise', jsonb_build_object('text', repeat('x', 9000))"
        " from generate_series(1, 3000)",
        brand.tenant_id,
    )
    path = f"{brand.http.base_url}/api/export.json"
    async with (
        httpx2.AsyncClient(headers=brand.headers, timeout=60) as client,
        client.stream("GET", str(path)) as answer,
    ):
        pieces = answer.aiter_bytes()
        text = await anext(pieces)
        assert b'"Link"' not in text
        await brand.link(await brand.partner(), campaign)
        text += b"".join([piece async for piece in pieces])
    tables = json.loads(text)["tables"]
    assert len(tables["AuditEntry"]) == 3001
    assert (tables["Partner"], tables["Link"], tables["PartnerCampaign"]) == ([], [], [])


async def test_a_reader_who_goes_away_gives_the_connection_back(brand: Brand) -> None:
    await brand.execute(
        "insert into audit_entries (tenant_id, id, actor, action, details)"
        " select $1, gen_random_uuid(), 'system', 'noise', jsonb_build_object('text', repeat('x', 9000))"
        " from generate_series(1, 3000)",
        brand.tenant_id,
    )
    path = f"{brand.http.base_url}/api/export.json"
    for _ in range(6):  # More than may run at once.
        async with (
            httpx2.AsyncClient(headers=brand.headers, timeout=60) as client,
            client.stream("GET", str(path)) as answer,
        ):
            assert answer.status_code == 200
            await anext(answer.aiter_bytes())
        while LANES.taken_by.total():  # noqa: ASYNC110  # the server says nothing when it has noticed
            await asyncio.sleep(0.01)
    assert (await brand.get("/export.json")).status_code == 200
    running = await brand.fetch(
        "select 1 from pg_stat_activity where datname = current_database()"
        " and state = 'idle in transaction'"
    )
    assert running == []


async def test_so_many_at_once_and_no_more(brand: Brand, other_brand: Brand) -> None:
    """An export holds a connection while it is read; readers who dawdle must not take them all."""
    for some in (brand, other_brand):
        await some.execute(
            "insert into audit_entries (tenant_id, id, actor, action, details)"
            " select $1, gen_random_uuid(), 'system', 'noise',"
            " jsonb_build_object('text', repeat('x', 9000)) from generate_series(1, 3000)",
            some.tenant_id,
        )
    path = str(brand.http.base_url) + "/api/export.json"
    async with (
        httpx2.AsyncClient(headers=brand.headers, timeout=60) as client,
        client.stream("GET", path) as first,
        client.stream("GET", path) as second,
    ):
        assert (first.status_code, second.status_code) == (200, 200)
        refused = await brand.get("/export.json")
        assert refusal(refused) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "15"
        assert (await other_brand.get("/export/Partner.json")).status_code == 200


async def test_sql_puts_everything_back_in_one_transaction(
    brand: Brand, other_brand: Brand
) -> None:
    await furnish(brand)
    text = (await brand.get("/export.sql")).text
    assert "\nbegin;\n" in text
    assert text.endswith("\ncommit;\n")
    assert "psql" in text.splitlines()[1]
    before = (await brand.get("/export.json", params=AT)).content
    for _ in range(2):
        await carry_out(other_brand, text, other_brand.tenant_id)
        assert (await other_brand.get("/export.json", params=AT)).content == before


async def carry_out(brand: Brand, text: str, tenant_id: UUID) -> None:
    """As psql does: its own commands apart, its variable as a quoted text."""
    lines = [line for line in text.split("\n") if not line.startswith("\\set")]
    script = "\n".join(lines).replace(
        "set_config('app.tenant_id', :'tenant_id'", f"set_config('app.tenant_id', '{tenant_id}'"
    )
    connection = await asyncpg.connect(brand.scratch.urls.app.replace("+asyncpg", ""))
    try:
        await connection.execute(script)
    finally:
        await connection.close()
