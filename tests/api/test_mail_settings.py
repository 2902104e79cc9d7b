"""Mail settings: saved with their secrets sealed, shown without, tried out, and what is refused."""

import json

import httpx2
import pytest

from tests.support.brand import Brand
from tests.support.mail_server import MailServer, mail_server
from tests.support.refusals import refusal
from tests.support.working import Worker

SMTP = {
    "kind": "smtp",
    "from": "Acme <mail@acme.example>",
    "smtp": {
        "host": "mail.acme.example", "port": 465, "secure": True, "user": "mailer",
        "password": "hush-hush",
    },
}  # fmt: skip
POSTMARK = {
    "kind": "postmark",
    "from": "mail@acme.example",
    "postmark": {"serverToken": "a-token", "messageStream": "invites"},
}


def at(server: MailServer, **changes: object) -> dict[str, object]:
    """Settings that lead to a server of this machine."""
    smtp = {"host": server.host, "port": server.port, **changes}
    return {"kind": "smtp", "from": "mail@acme.example", "smtp": smtp}


async def stored(brand: Brand) -> str:
    rows = await brand.fetch(
        "select value::text from settings where tenant_id = $1 and key = 'mail_settings'",
        brand.tenant_id,
    )
    return str(rows[0]["value"]) if rows else "{}"


async def ciphertext(brand: Brand) -> str:
    return str(json.loads(await stored(brand))["smtp"]["passwordCiphertext"])


async def test_settings_are_shown_without_their_secrets(brand: Brand) -> None:
    nothing = {"kind": "none", "from": None, "smtp": None, "postmark": None}
    assert (await brand.get("/config/mail")).json() == nothing
    shown = await brand.made("/config/mail", SMTP)
    server = {"host": "mail.acme.example", "port": 465, "secure": True, "user": "mailer"}
    assert shown == {
        "kind": "smtp", "from": SMTP["from"], "smtp": {**server, "hasPassword": True},
        "postmark": None,
    }  # fmt: skip
    assert (await brand.get("/config/mail")).json() == shown
    assert "hush-hush" not in await stored(brand)
    assert (await brand.made("/config/mail", POSTMARK))["postmark"] == {
        "messageStream": "invites",
        "hasToken": True,
    }
    assert "a-token" not in await stored(brand)
    trail = str([row["details"] for row in await brand.rows("audit_entries")])
    assert "hush-hush" not in trail
    assert "a-token" not in trail


async def test_a_secret_that_is_not_sent_stays_and_one_that_is_replaces_it(brand: Brand) -> None:
    await brand.made("/config/mail", SMTP)
    first = await ciphertext(brand)
    for kept in ({"host": "other.example"}, {"host": "other.example", "password": ""}):
        shown = await brand.made("/config/mail", {**SMTP, "smtp": kept})
        assert shown["smtp"]["hasPassword"] is True
        assert shown["smtp"]["port"] == 587
        assert await ciphertext(brand) == first
    await brand.made("/config/mail", {**SMTP, "smtp": {"host": "x.example", "password": "new"}})
    assert await ciphertext(brand) != first
    await brand.made("/config/mail", POSTMARK)
    shown = await brand.made("/config/mail", {"kind": "postmark", "from": "new@acme.example"})
    assert shown["postmark"] == {"messageStream": "invites", "hasToken": True}


async def test_another_kind_wipes_the_secrets_of_the_one_before(brand: Brand) -> None:
    await brand.made("/config/mail", SMTP)
    await brand.made("/config/mail", POSTMARK)
    assert "passwordCiphertext" not in await stored(brand)
    shown = await brand.made("/config/mail", {**SMTP, "smtp": {"host": "mail.acme.example"}})
    assert shown["smtp"]["hasPassword"] is False
    await brand.made("/config/mail", {"kind": "none"})
    assert "iphertext" not in await stored(brand)
    lost = await brand.post("/config/mail", {"kind": "postmark", "from": "a@b.example"})
    assert refusal(lost) == (400, "postmark_server_token_required")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"kind": "smtp", "from": "a@b.example"}, "smtp_host_required", "smtp.host"),
        ({**SMTP, "smtp": {"host": ""}}, "smtp_host_required", "smtp.host"),
        ({**SMTP, "from": ""}, "from_required", "from"),
        ({**SMTP, "from": None}, "from_required", "from"),
        ({**POSTMARK, "from": None}, "from_required", "from"),
        (
            {"kind": "postmark", "from": "a@b.example", "postmark": {"serverToken": ""}},
            "postmark_server_token_required",
            "postmark.serverToken",
        ),
    ],
)
async def test_x11_what_is_missing_is_named(
    brand: Brand, body: dict[str, object], code: str, field: str
) -> None:
    answer = await brand.post("/config/mail", body)
    assert refusal(answer) == (400, code)
    assert answer.json()["field"] == field
    assert await stored(brand) == "{}"


async def test_a_test_mail_is_sent_at_once(brand: Brand) -> None:
    await brand.made("/config/program", {"programName": "Acme Partners"})
    async with mail_server() as server:
        await brand.made("/config/mail", at(server))
        sent = await brand.made("/config/mail/test", {"to": "ada@acme.example"})
    assert sent == {"ok": True, "to": "ada@acme.example"}
    [letter] = server.letters
    assert letter["Subject"] == "Mail of Acme Partners arrives"
    assert letter["From"] == "mail@acme.example"
    assert letter.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in letter.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


async def test_a_test_mail_says_what_the_server_said(brand: Brand) -> None:
    async with mail_server() as server:
        server.refused = "ada@acme.example"
        await brand.made("/config/mail", at(server))
        failed = await brand.post("/config/mail/test", {"to": "ada@acme.example"})
    assert refusal(failed) == (502, "mail_test_failed")
    assert "550 no such mailbox" in failed.json()["detail"]
    down = await brand.post("/config/mail/test", {"to": "ada@acme.example"})
    assert refusal(down) == (502, "mail_test_failed")
    assert str(server.port) in down.json()["detail"]


async def test_a_key_has_to_say_who_gets_the_test(brand: Brand) -> None:
    for body in (None, {}, {"to": None}):
        assert refusal(await brand.post("/config/mail/test", body)) == (400, "recipient_required")


async def test_a_workspace_can_not_reach_into_the_operators_network(brand: Brand) -> None:
    for host, port in (("169.254.169.254", 25), ("10.0.0.1", 587), ("[::1]", 25), ("0x7f.1", 25)):
        settings = {**SMTP, "smtp": {"host": host, "port": port}}
        answer = await brand.post("/config/mail", settings)
        if answer.status_code == 200:
            failed = await brand.post("/config/mail/test", {"to": "ada@acme.example"})
            assert refusal(failed) == (502, "mail_test_failed"), host
        if host in {"169.254.169.254", "10.0.0.1"}:
            assert "destination_not_public" in failed.json()["detail"]


async def invite(brand: Brand, partner: dict[str, object]) -> httpx2.Response:
    return await brand.post(f"/partners/{partner['id']}/invite")


async def test_x7_an_address_that_was_refused_is_not_invited_again(
    brand: Brand, worker: Worker
) -> None:
    async with mail_server() as server:
        await brand.made("/config/mail", at(server))
        pat = await brand.partner(email=f"pat@{brand.slug}.example", sendInvite=True)
        server.refused = pat["email"]
        await worker.drain()
        refused = await invite(brand, pat)
        assert refusal(refused) == (422, "mail_send_failed")
        assert "550 no such mailbox" in refused.json()["detail"]
        # For good means for good: the job does not try again.
        jobs = await brand.rows("jobs")
        assert [job["attempts"] for job in jobs if job["name"] == "sign_in.invite"] == [1]
        [found] = (await brand.get("/config/mail/suppressions")).json()["suppressions"]
        assert found["address"] == pat["email"]
        cleared = await brand.request("DELETE", f"/config/mail/suppressions/{found['id']}")
        assert cleared.json() == {"ok": True}
        server.refused = None
        assert (await invite(brand, pat)).status_code == 200
        await worker.drain()
    assert [letter["To"] for letter in server.letters] == [pat["email"]]


async def test_a_letter_that_is_taken_after_all_lifts_the_refusal(
    brand: Brand,
) -> None:
    async with mail_server() as server:
        await brand.made("/config/mail", at(server))
        server.refused = "ada@acme.example"
        await brand.post("/config/mail/test", {"to": server.refused})
        assert len(await brand.rows("mail_suppressions")) == 1
        server.refused = None
        await brand.made("/config/mail/test", {"to": "Ada@acme.example"})
        assert await brand.rows("mail_suppressions") == []


async def test_other_settings_forget_what_the_old_server_refused(brand: Brand) -> None:
    async with mail_server() as server:
        await brand.made("/config/mail", at(server))
        server.refused = "ada@acme.example"
        await brand.post("/config/mail/test", {"to": server.refused})
        await brand.made("/config/mail", {"kind": "none"})
    assert await brand.rows("mail_suppressions") == []
