"""Setting up: an empty installation gets one admin, once, and nothing where the mail fails."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.settings import Settings
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.databases import Scratch
from tests.support.mail_server import certificate, mail_server
from tests.support.mailbox import Mailbox, Received
from tests.support.refusals import refusal
from tests.support.working import Worker

ADA = {"adminName": "Ada Admin", "adminEmail": "ada@example.com", "programName": "Acme Partners"}
JSON = {"Content-Type": "application/json"}
NOWHERE = {"kind": "smtp", "from": "a@acme.example", "smtp": {"host": "127.0.0.1", "port": 1}}


async def fetch(scratch: Scratch, query: str, *arguments: Any) -> list[Any]:
    connection = await scratch.connect()
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


async def left(scratch: Scratch) -> dict[str, int]:
    """How much of a set-up there is."""
    tables = ("admins", "magic_links", "settings", "sessions", "jobs")
    counted = [await fetch(scratch, f"select 1 from {table}") for table in tables]  # noqa: S608  # names of our own
    return {table: len(rows) for table, rows in zip(tables, counted, strict=True) if rows}


async def install(http: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    return await http.post("/api/install", json={**ADA, **changes})


async def needs_setup(http: httpx2.AsyncClient) -> Any:
    return (await http.get("/api/install/status")).json()["needsSetup"]


async def verify(http: httpx2.AsyncClient, letter: Received) -> httpx2.Response:
    return await http.post("/api/auth/magic/verify", json={"token": letter.token})


def newest(settings: Settings, to: str = "ada@example.com") -> Received:
    assert settings.mail_console_file
    return Mailbox(settings.mail_console_file).newest(to)


async def test_the_first_admin_sets_up_and_signs_in(empty_install: Install) -> None:
    http, scratch, settings = await empty_install()
    assert (await http.get("/api/install/status")).json() == {"needsSetup": True}
    answer = await install(http, adminEmail="Ada@Example.com", supportEmail="help@example.com")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    letter = newest(settings)
    assert letter.subject == "Your first sign-in to Acme Partners"
    assert "Hello Ada Admin" in letter.text
    assert "within 10 minutes" in letter.text
    assert letter.link.startswith("http://localhost:4601/auth/magic?token=opml_")
    assert await needs_setup(http)
    signed_in = await verify(http, letter)
    assert signed_in.json()["admin"]["email"] == "ada@example.com"
    assert not await needs_setup(http)
    assert (await http.get("/api/campaigns")).status_code == 200
    [row] = await fetch(scratch, "select value from settings where key = 'program_settings'")
    assert json.loads(row["value"]) == {
        "programName": "Acme Partners", "supportEmail": "help@example.com",
    }  # fmt: skip
    assert refusal(await install(http)) == (409, "already_installed")


async def test_9_of_twenty_installers_at_once_one_wins(empty_install: Install) -> None:
    http, scratch, settings = await empty_install()
    emails = [f"admin{number}@example.com" for number in range(20)]
    answers = await asyncio.gather(*(install(http, adminEmail=email) for email in emails))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {
        "already_installed"
    }
    [admin] = await fetch(scratch, "select email from admins")
    assert settings.mail_console_file
    mailbox = Mailbox(settings.mail_console_file)
    assert [email for email in emails if mailbox.letters(email)] == [admin["email"]]


async def test_a_mail_that_fails_leaves_nothing_and_can_be_tried_again(
    empty_install: Install,
) -> None:
    http, scratch, settings = await empty_install()
    failed = await install(http, mail=NOWHERE)
    assert refusal(failed) == (502, "install_mail_failed")
    assert "127.0.0.1:1" in failed.json()["detail"]
    assert await left(scratch) == {}
    assert await needs_setup(http)
    assert (await install(http)).status_code == 200
    assert (await verify(http, newest(settings))).status_code == 200


async def test_a_mail_that_fails_puts_back_what_was_set_before(empty_install: Install) -> None:
    http, scratch, _ = await empty_install()
    before = {"mail_settings": {"kind": "none"}, "program_settings": {"programName": "Before"}}
    connection = await scratch.connect()
    for key, value in before.items():
        await connection.execute(
            "insert into settings (tenant_id, key, value) values ($1, $2, $3::jsonb)",
            DEFAULT_TENANT_ID, key, json.dumps(value),
        )  # fmt: skip
    await connection.close()
    assert (await install(http, mail=NOWHERE)).status_code == 502
    rows = await fetch(scratch, "select key, value from settings")
    assert {row["key"]: json.loads(row["value"]) for row in rows} == before


async def test_twenty_installers_whose_mail_fails_leave_nothing(empty_install: Install) -> None:
    http, scratch, _ = await empty_install()
    answers = await asyncio.gather(*(install(http, mail=NOWHERE) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {502, 409}
    assert await left(scratch) == {}
    assert (await install(http)).status_code == 200


async def test_s14_in_production_without_mail_nobody_is_told_to_look_into_a_log(
    empty_install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    http, scratch, _ = await empty_install(openpartner_env="production")
    failed = await install(http)
    assert refusal(failed) == (502, "install_mail_failed")
    assert "SMTP_HOST and MAIL_FROM" in failed.json()["detail"]
    assert "opml_" not in capsys.readouterr().out
    assert await left(scratch) == {}


async def test_a_set_up_that_nobody_answered_can_be_done_anew(empty_install: Install) -> None:
    http, scratch, settings = await empty_install()
    await install(http, adminEmail="typo@example.com")
    assert refusal(await install(http)) == (409, "already_installed")
    await fetch(scratch, "update magic_links set expires_at = now()")
    assert (await install(http)).status_code == 200
    [admin] = await fetch(scratch, "select email from admins")
    assert admin["email"] == "ada@example.com"
    assert refusal(await verify(http, newest(settings, "typo@example.com")))[0] == 400
    assert (await verify(http, newest(settings))).status_code == 200


async def test_an_admin_who_came_keeps_others_out_for_good(empty_install: Install) -> None:
    http, scratch, settings = await empty_install()
    await install(http)
    await verify(http, newest(settings))
    await fetch(scratch, "delete from magic_links")
    assert refusal(await install(http)) == (409, "already_installed")
    await fetch(scratch, "update admins set revoked_at = now()")
    assert await needs_setup(http)
    assert refusal(await install(http)) == (409, "already_installed")


async def test_an_admin_whom_a_key_invited_keeps_installers_out(empty_install: Install) -> None:
    http, scratch, _ = await empty_install()
    await fetch(
        scratch, "insert into admins (tenant_id, id, email, name) values ($1, $2, 'a@b.example', 'A')",
        DEFAULT_TENANT_ID, new_id(),
    )  # fmt: skip
    assert await needs_setup(http)
    assert refusal(await install(http)) == (409, "already_installed")


async def test_a_hosted_installation_is_not_set_up_this_way(brand: Brand) -> None:
    status = await brand.http.get("/api/install/status")
    assert status.json() == {"needsSetup": False, "reason": "multi_tenant"}
    refused = await brand.http.post("/api/install", json=ADA)
    assert refusal(refused) == (400, "install_not_available_in_multi_tenant")


async def test_mail_goes_as_set_up_from_then_on_and_its_password_rests_sealed(
    empty_install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    http, scratch, settings = await empty_install()
    async with mail_server(starttls=context) as server:
        await set_up_and_ask_again(http, scratch, settings, server.port)
    subjects = [letter["Subject"] for letter in server.letters]
    assert subjects == ["Your first sign-in to Acme Partners", "Sign in to Acme Partners"]
    assert {letter["From"] for letter in server.letters} == {"Acme <program@acme.example>"}
    assert server.encrypted == [True, True]
    assert server.logins == [("mailer", "right-password")] * 2
    [row] = await fetch(scratch, "select value from settings where key = 'mail_settings'")
    stored = json.loads(row["value"])
    assert "right-password" not in row["value"]
    assert stored["smtp"].pop("passwordCiphertext")
    assert stored == {
        "kind": "smtp",
        "from": "Acme <program@acme.example>",
        "smtp": {"host": "localhost", "port": server.port, "secure": False, "user": "mailer"},
        "postmark": None,
    }


async def set_up_and_ask_again(
    http: httpx2.AsyncClient, scratch: Scratch, settings: Settings, port: int
) -> None:
    smtp = {"host": "localhost", "port": port, "user": "mailer", "password": "right-password"}
    mail = {"kind": "smtp", "from": "Acme <program@acme.example>", "smtp": smtp}
    assert (await install(http, mail=mail)).status_code == 200
    await fetch(scratch, "update admins set activated_at = now()")
    await http.post("/api/auth/signin", json={"email": "ada@example.com"})
    async with Worker.at(settings) as worker:
        await worker.drain()


GOOD_SMTP = {"kind": "smtp", "from": "a@b.example", "smtp": {"host": "mail.example"}}
POSTMARK = {"serverToken": "t"}


BAD: list[dict[str, Any]] = [
        {"adminName": ""}, {"adminName": " "}, {"adminName": "x" * 121}, {"adminName": None},
        {"adminName": 7}, {"adminName": "a\x00b"}, {"adminName": "\ud800"}, {"adminEmail": "nobody"},
        {"adminEmail": "a@b.example\r\nBcc: c@d.example"}, {"adminEmail": "a" * 250 + "@b.example"},
        {"adminEmail": ["a@b.example"]}, {"programName": ""}, {"programName": {}},
        {"supportEmail": "nobody"}, {"plan": "flex"}, {"mail": "smtp"}, {"mail": {}},
        {"mail": {"kind": "pigeon"}}, {"mail": {"kind": "smtp"}},
        {"mail": {"kind": "smtp", "from": "a@b.example"}},
        {"mail": {**GOOD_SMTP, "from": ""}}, {"mail": {**GOOD_SMTP, "from": "nobody"}},
        {"mail": {**GOOD_SMTP, "from": "a@b.example\nBcc: c@d.example"}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": ""}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "a b"}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "mail.example", "port": 0}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "mail.example", "port": 1e400}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "mail.example", "port": "587"}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "mail.example", "password": "x" * 501}}},
        {"mail": {**GOOD_SMTP, "smtp": {"host": "mail.example", "passwort": "x"}}},
        {"mail": {"kind": "postmark", "from": "a@b.example"}},
        {"mail": {"kind": "postmark", "postmark": POSTMARK}},
        {"mail": {"kind": "postmark", "from": "a@b.example", "postmark": {"serverToken": ""}}},
]  # fmt: skip


async def test_r6_what_does_not_fit_is_an_invalid_body(empty_install: Install) -> None:
    http, scratch, _ = await empty_install()
    for changes in BAD:
        body = json.dumps({**ADA, **changes})
        answer = await http.post("/api/install", content=body, headers=JSON)
        assert refusal(answer) == (400, "invalid_body"), body
        assert set(answer.json()["detail"]) == {"formErrors", "fieldErrors"}
    for broken in (b"", b"{", b"[]", b"null", b'"x"', b"[" * 50_000, b"\xff"):
        answer = await http.post("/api/install", content=broken, headers=JSON)
        assert refusal(answer) == (400, "invalid_body"), broken[:20]
    assert await left(scratch) == {}
    assert (await install(http, supportEmail="", mail={"kind": "none"})).status_code == 200
