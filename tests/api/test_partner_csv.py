"""A list of people becomes partners: rehearsed first, reported row by row, in few statements."""

import json
from typing import Any

import httpx2
import pytest

from tests.support.brand import Brand
from tests.support.estate import furnish, rows
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.tricky import TRICKY

CSV = {"content-type": "text/csv"}


async def send(
    brand: Brand, body: str | bytes, *, dry_run: str | None = None, **headers: str
) -> httpx2.Response:
    parameters = {} if dry_run is None else {"dryRun": dry_run}
    return await brand.request(
        "POST", "/import/partners-csv", content=body, params=parameters,
        headers={**brand.headers, **CSV, **headers},
    )  # fmt: skip


async def done(brand: Brand, body: str | bytes, **options: Any) -> dict[str, Any]:
    answer = await send(brand, body, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def statuses(report: dict[str, Any]) -> list[str]:
    return [row["status"] for row in report["report"]]


async def test_a_list_becomes_active_partners_with_every_campaign(brand: Brand) -> None:
    first, second = await brand.campaign(), await brand.campaign()
    body = (
        "email,name,activatedAt,metadata\n"
        'Pat@Example.com,Pat Partner,2026-01-31T09:30:00+01:00,"{""tier"": ""gold""}"\n'
        "ida@example.com,Ida,,\n"
        "day@example.com,Day,2026-01-31,\n"
    )
    report = await done(brand, body)
    assert report["dryRun"] is False
    assert report["summary"] == {"total": 3, "created": 3, "skipped": 0, "invalid": 0}
    assert [row["row"] for row in report["report"]] == [2, 3, 4]
    pat, ida, day = [
        (await brand.get(f"/partners/{row['partnerId']}")).json() for row in report["report"]
    ]
    assert (pat["email"], pat["name"]) == ("pat@example.com", "Pat Partner")
    assert pat["activatedAt"] == "2026-01-31T08:30:00.000Z"
    assert day["activatedAt"] == "2026-01-31T00:00:00.000Z"
    assert ida["activatedAt"] is not None
    assert pat["metadata"] == {"tier": "gold", "importedFromCsv": True}
    for partner in (pat, ida, day):
        granted = (await brand.get(f"/partners/{partner['id']}/campaigns")).json()["campaigns"]
        assert {one["id"] for one in granted if one["granted"]} == {first["id"], second["id"]}
        await brand.link(partner, first)


async def test_a_wrong_row_keeps_no_other_out(brand: Brand) -> None:
    await brand.partner(email="taken@example.com")
    body = (
        "email,name,activatedAt,metadata\n"
        "fine@example.com,Fine,,\n"
        "nobody,No Address,,\n"
        ",No Address,,\n"
        "anonymous@example.com,,,\n"
        "when@example.com,When,soon,\n"
        "naive@example.com,Naive,2026-01-31 09:30,\n"
        'what@example.com,What,,"[1]"\n'
        "json@example.com,Json,,{oops}\n"
        "wide@example.com,Wide,,,too much\n"
        "TAKEN@example.com,Taken,,\n"
        "fine@example.com,Twice,,\n"
        "\n"
        "short@example.com,Short\n"
    )
    report = await done(brand, body)
    assert report["summary"] == {"total": 12, "created": 2, "skipped": 2, "invalid": 8}
    assert statuses(report) == [
        "created", *["invalid"] * 8, "skipped_email_taken", "skipped_email_taken", "created",
    ]  # fmt: skip
    by_row = {row["row"]: row for row in report["report"]}
    assert "email" in by_row[3]["reason"]
    assert by_row[3]["email"] == "nobody"
    assert by_row[4]["email"] is None
    assert "name" in by_row[5]["reason"]
    assert "activatedAt" in by_row[6]["reason"]
    assert "metadata" in by_row[8]["reason"]
    assert by_row[10]["reason"] == "has more cells than the header"
    assert by_row[14]["status"] == "created"
    assert all(row["partnerId"] is None for row in report["report"] if row["status"] != "created")
    emails = {row["email"] for row in await rows(brand, "partners")}
    assert emails == {"taken@example.com", "fine@example.com", "short@example.com"}


@pytest.mark.parametrize("asked", ["true", "1"])
async def test_a_rehearsal_counts_as_the_import_does_and_stores_nothing(
    brand: Brand, asked: str
) -> None:
    await brand.campaign()
    await brand.partner(email="taken@example.com")
    before = [await rows(brand, table) for table in ("partners", "grants", "audit_entries")]
    people = "".join(f"p{number}@example.com,P\n" for number in range(1200))
    body = f"email,name\ntaken@example.com,Taken\nnobody,Nobody\n{people}p0@example.com,Again\n"
    rehearsed = await done(brand, body, dry_run=asked)
    assert rehearsed["dryRun"] is True
    assert [await rows(brand, table) for table in ("partners", "grants", "audit_entries")] == before
    assert all(row["partnerId"] is None for row in rehearsed["report"])
    applied = await done(brand, body)
    assert rehearsed["summary"] == applied["summary"]
    assert applied["summary"] == {"total": 1203, "created": 1200, "skipped": 2, "invalid": 1}
    assert statuses(rehearsed) == statuses(applied)
    assert len(await rows(brand, "partners")) == 1201


async def test_p4_the_statements_do_not_grow_with_the_rows(brand: Brand) -> None:
    for _ in range(3):
        await brand.campaign()

    async def sent(count: int, prefix: str) -> int:
        people = "".join(f"{prefix}{number}@example.com,P\n" for number in range(count))
        with statements() as found:
            report = await done(brand, f"email,name\n{people}")
        assert report["summary"]["created"] == count
        return len(found)

    one, batch = await sent(1, "a"), await sent(500, "b")
    assert batch == one
    # Six for each further 500, and one more wherever a coupon's code was taken by chance.
    assert await sent(2000, "c") <= one + 3 * 6 + 4


async def test_clients_may_send_it_as_json(brand: Brand) -> None:
    answer = await brand.post("/import/partners-csv", {"csv": "email,name\npat@example.com,Pat\n"})
    assert answer.json()["summary"]["created"] == 1
    wrong: list[Any] = [{}, {"csv": 1}, {"csv": "x", "more": 1}, []]
    for body in wrong:
        refused = await brand.post("/import/partners-csv", body)
        assert refusal(refused) == (400, "invalid_body")
    malformed = await send(brand, "{", **{"content-type": "application/json"})
    assert refusal(malformed) == (400, "invalid_body")


@pytest.mark.parametrize("kind", ["text/plain", "application/csv", "text/csv; charset=utf-8"])
async def test_browsers_call_csv_by_many_names(brand: Brand, kind: str) -> None:
    report = await done(brand, "email,name\npat@example.com,Pat\n", **{"content-type": kind})
    assert report["summary"]["created"] == 1


async def test_spreadsheets_write_csv_in_many_ways(brand: Brand) -> None:
    lists = (
        "\ufeffemail,name\r\nbom@example.com,Z\u00fcrich\r\n".encode(),
        "E-Mail;Name\r\nsemicolon@example.com;Z\u00fcrich\r\n".encode(),
        "name\tEMAIL\tActivated At\r\nZ\u00fcrich\ttab@example.com\t\r\n".encode(),
        '"email","name"\n"quoted@example.com","Z\u00fcrich"'.encode(),
        " email , name \nspaces@example.com ,  Z\u00fcrich  \n".encode(),
    )
    for body in lists:
        assert (await done(brand, body))["summary"]["created"] == 1
    assert {row["name"] for row in await rows(brand, "partners")} == {"Z\u00fcrich"}


async def test_columns_that_mean_nothing_here_are_named(brand: Brand) -> None:
    report = await done(brand, "id,email,name,shoeSize\n1,pat@example.com,Pat,43\n")
    assert report["ignoredColumns"] == ["id", "shoeSize"]


NO_LISTS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty_body"),
    "only a mark": (b"\xef\xbb\xbf", "empty_body"),
    "only spaces": (b" \r\n ", "empty_body"),
    "only a header": (b"email,name\n", "no_rows"),
    "a header and empty lines": (b"email,name\n\n,\n", "no_rows"),
    "no such columns": (b"a,b\n1,2\n", "invalid_csv"),
    "no name": (b"email\npat@example.com\n", "invalid_csv"),
    "a column twice": (b"email,name,E-Mail\na@example.com,A,b@example.com\n", "invalid_csv"),
    "another encoding": (b"email,name\npat@example.com,Z\xfcrich\n", "invalid_csv"),
    "UTF-16": ("email,name\npat@example.com,Pat\n".encode("utf-16"), "invalid_csv"),
    "an open quote": (b'email,name\npat@example.com,"Pat\n', "invalid_csv"),
    "a quote inside": (b'email,name\npat@example.com,"P"at\n', "invalid_csv"),
    "a huge cell": (b"email,name\npat@example.com,%s\n" % (b"x" * 200_000), "invalid_csv"),
    "too many rows": (b"email,name\n" + b"nobody,N\n" * 50_001, "invalid_csv"),
}


@pytest.mark.parametrize("what", NO_LISTS)
async def test_what_is_no_list_is_refused(brand: Brand, what: str) -> None:
    body, code = NO_LISTS[what]
    refused = await send(brand, body)
    assert refusal(refused) == (400, code)
    if code == "invalid_csv":
        assert refused.json()["reason"]
    assert await rows(brand, "partners") == []


async def test_a_list_larger_than_10_mib_is_refused(brand: Brand) -> None:
    refused = await send(brand, b"email,name\n" + b"x" * 10 * 1024 * 1024)
    assert refusal(refused) == (413, "payload_too_large")


async def test_a_list_larger_than_other_bodies_is_taken(brand: Brand) -> None:
    note = json.dumps({"note": "x" * 5000}).replace('"', '""')
    people = "".join(f'p{number}@example.com,P,"{note}"\n' for number in range(500))
    assert len(people) > 2 * 1024 * 1024
    report = await done(brand, f"email,name,metadata\n{people}")
    assert report["summary"]["created"] == 500


async def test_our_own_export_comes_back_as_it_was(brand: Brand, other_brand: Brand) -> None:
    """Names that a spreadsheet would run carry an apostrophe in the file, and none here."""
    await furnish(brand)
    listed = (await brand.get("/export/Partner.csv")).content
    report = await done(other_brand, listed)
    before = {row["email"]: row for row in await rows(brand, "partners")}
    after = {row["email"]: row for row in await rows(other_brand, "partners")}
    refused = {row["email"] for row in report["report"] if row["status"] == "invalid"}
    # What people can't type into a form is no name here either.
    assert {before[email]["name"][:1].strip() for email in refused} <= {"", "x"}
    assert set(before) - set(after) == refused
    assert len(after) > len(TRICKY) - 10
    for email, row in after.items():
        assert row["name"] == before[email]["name"].strip()
        metadata, was = json.loads(row["metadata"]), json.loads(before[email]["metadata"])
        assert metadata["importedFromCsv"] is True
        assert metadata.get("text") == was.get("text")


async def test_whoever_may_invite_partners_may_bring_a_list(brand: Brand) -> None:
    body = "email,name\npat@example.com,Pat\n"
    scoped = await brand.scoped_headers("partners:write")
    assert (await done(brand, body, **scoped))["summary"]["created"] == 1
    reader = await brand.scoped_headers("partners:read")
    assert refusal(await send(brand, body, **reader)) == (403, "forbidden_scope")
    partner = await brand.partner_headers(await brand.partner())
    assert refusal(await send(brand, body, **partner)) == (403, "forbidden")


async def test_a_repeated_request_is_carried_out_once(brand: Brand) -> None:
    body, key = "email,name\npat@example.com,Pat\n", {"idempotency-key": "once"}
    first, second = await send(brand, body, **key), await send(brand, body, **key)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert len(await rows(brand, "partners")) == 1


async def test_a_rehearsal_does_not_use_up_the_key_of_the_import(brand: Brand) -> None:
    """Else the import would answer with the rehearsal's report, and import nobody."""
    body, key = "email,name\npat@example.com,Pat\n", {"idempotency-key": "once"}
    await done(brand, body, dry_run="true", **key)
    assert refusal(await send(brand, body, **key)) == (422, "idempotency_key_reused")


async def test_an_import_is_written_down_with_its_figures(brand: Brand) -> None:
    await done(brand, "email,name\npat@example.com,Pat\nnobody,Nobody\n")
    await done(brand, "email,name\npat@example.com,Pat\n")
    found = (await brand.get("/audit", params={"action": "import_partners"})).json()["entries"]
    assert [entry["details"] for entry in found] == [
        {"total": 2, "created": 1, "skipped": 0, "invalid": 1}
    ]


async def test_another_brand_with_the_same_people_is_no_matter(
    brand: Brand, other_brand: Brand
) -> None:
    body = "email,name\npat@example.com,Pat\n"
    for one in (brand, other_brand):
        assert (await done(one, body))["summary"]["created"] == 1
