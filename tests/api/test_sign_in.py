"""Signing in: links that open once and soon run out, and nothing to learn for those who guess."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from api.features.sign_in.for_others import invite_admin, invite_partner
from api.features.sign_in.jobs import MOST_LINKS
from api.settings import Settings
from shared.tokens import digest_of
from tests.api.conftest import People
from tests.support.brand import Brand
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.working import Worker

THIRTY_DAYS = 30 * 24 * 3600


async def test_an_admin_signs_in_by_mail(people: People, brand: Brand) -> None:
    ada = await people("admin")
    assert (await ada.ask()).json() == {"ok": True}
    await ada.worker.drain()
    letter = ada.mailbox.newest(ada.email)
    assert letter.subject == f"Sign in to {brand.slug.title()}"
    assert "Hello Ada Admin" in letter.text
    assert "within 10 minutes" in letter.text
    assert letter.link.startswith(f"http://localhost:4601/t/{brand.slug}/auth/magic?token=opml_")
    answer = await ada.verify(letter.token)
    who = {"id": str(ada.id), "email": ada.email, "name": "Ada Admin"}
    csrf = answer.json()["csrfToken"]
    assert answer.json() == {"ok": True, "role": "admin", "admin": who, "csrfToken": csrf}
    assert (await ada.whoami()).json() == {
        "role": "admin", "source": "session", "admin": who, "csrfToken": csrf,
        "baseUrl": f"http://localhost:4601/api/t/{brand.slug}",
    }  # fmt: skip
    [row] = await brand.fetch("select last_sign_in_at from admins where id = $1", ada.id)
    assert row["last_sign_in_at"] is not None
    assert (await ada.client.get(f"{ada.api}/campaigns")).status_code == 200


async def test_a_partner_signs_in_by_mail(people: People) -> None:
    pat = await people("partner")
    signed_in = await pat.sign_in()
    who = {
        "id": str(pat.id), "name": "Pat Partner", "email": pat.email, "stripeConnected": False,
    }  # fmt: skip
    assert signed_in == {
        "ok": True, "role": "partner", "partner": who, "csrfToken": signed_in["csrfToken"],
    }  # fmt: skip
    assert (await pat.whoami()).json() == {
        "role": "partner", "source": "session", "partnerId": str(pat.id), "partner": who,
        "csrfToken": signed_in["csrfToken"],
        "baseUrl": f"http://localhost:4601/api/t/{pat.brand.slug}",
    }  # fmt: skip
    assert refusal(await pat.client.get(f"{pat.api}/partners")) == (403, "forbidden")


async def test_an_address_of_both_kinds_signs_in_as_admin(people: People, brand: Brand) -> None:
    ada, pat = await people("admin"), await people("partner")
    await brand.execute("update partners set email = $1 where id = $2", ada.email, pat.id)
    assert (await ada.sign_in())["role"] == "admin"


@pytest.mark.parametrize("kind", ["admin", "partner"])
async def test_an_invitation_activates_and_signs_in(
    kind: str, people: People, brand: Brand, worker: Worker
) -> None:
    person = await people(kind, active=False)
    await invite(worker, brand, kind, person.id)
    letter = person.mailbox.newest(person.email)
    assert "You are invited" in letter.subject
    assert brand.slug.title() in letter.subject
    assert "within 10 minutes" in letter.text
    assert (await person.verify(letter.token)).json()["role"] == kind
    [row] = await brand.fetch(f"select * from {kind}s where id = $1", person.id)  # noqa: S608  # one of two names
    assert row["activated_at"] is not None
    assert (await person.whoami()).status_code == 200


async def test_a_repeated_invitation_job_writes_only_to_who_is_still_invited(
    people: People, brand: Brand, worker: Worker
) -> None:
    pat = await people("partner", active=False)
    await invite(worker, brand, "partner", pat.id)
    assert (await pat.verify(pat.mailbox.newest(pat.email).token)).status_code == 200
    await invite(worker, brand, "partner", pat.id)
    assert len(pat.mailbox.letters(pat.email)) == 1


async def invite(worker: Worker, brand: Brand, kind: str, person_id: UUID) -> None:
    async with worker.database.tenant_session(brand.tenant_id) as session:
        await (invite_admin if kind == "admin" else invite_partner)(session, person_id)
    await worker.drain()


async def test_a_link_opens_once_under_20_hands(people: People, brand: Brand) -> None:
    ada = await people("admin")
    token = await ada.link()
    answers = await asyncio.gather(*(ada.verify(token) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 400} == {
        "invalid_or_expired_token"
    }
    assert len(await brand.rows("sessions")) == 1


async def test_a_newer_link_voids_the_older(people: People) -> None:
    ada = await people("admin")
    older, newer = await ada.link(), await ada.link()
    assert refusal(await ada.verify(older)) == (400, "invalid_or_expired_token")
    assert (await ada.verify(newer)).status_code == 200


async def test_of_links_minted_at_once_one_is_open(people: People, brand: Brand) -> None:
    ada = await people("admin")
    await asyncio.gather(*(ada.ask() for _ in range(MOST_LINKS)))
    await ada.worker.drain()
    tokens = [letter.token for letter in ada.mailbox.letters(ada.email)]
    assert len(tokens) == MOST_LINKS
    assert sum(link["consumed_at"] is None for link in await brand.rows("magic_links")) == 1
    answers = [(await ada.verify(token)).status_code for token in tokens]
    assert sorted(answers) == [200] + [400] * (MOST_LINKS - 1)


async def test_a_link_lives_ten_minutes_by_the_databases_clock(
    people: People, brand: Brand
) -> None:
    ada = await people("admin")
    token = await ada.link()
    [link] = await brand.rows("magic_links")
    assert (link["expires_at"] - link["created_at"]).total_seconds() == 600
    await brand.execute("update magic_links set expires_at = now() where id = $1", link["id"])
    assert refusal(await ada.verify(token)) == (400, "invalid_or_expired_token")


async def test_22_looking_at_a_link_spends_nothing(people: People) -> None:
    ada = await people("admin")
    token = await ada.link()
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in (f"{ada.api}/auth/magic/verify", f"/t/{ada.brand.slug}/auth/magic"):
            seen = await ada.client.request(method, f"{path}?token={token}")
            assert "set-cookie" not in seen.headers
    assert refusal(await ada.whoami()) == (401, "unauthorized")
    assert (await ada.verify(token)).status_code == 200


async def test_23_nobody_can_tell_whether_an_address_exists(
    people: People, brand: Brand, worker: Worker
) -> None:
    known = [
        await people("admin"),
        await people("partner"),
        await people("admin", active=False),
        await people("partner", active=False),
        await people("admin", revoked=True),
        await people("partner", revoked=True),
    ]
    seen = set()
    # The first to name a workspace looks it up, whoever they are.
    await known[0].whoami()
    for email in [*(person.email for person in known), "stranger@example.com"]:
        with statements() as sent:
            answer = await known[0].client.post(
                f"{known[0].api}/auth/signin", json={"email": email}
            )
        quiet = {"x-request-id", "date"}
        headers = frozenset(item for item in answer.headers.items() if item[0] not in quiet)
        seen.add((answer.status_code, answer.text, headers, tuple(sent)))
    assert len(seen) == 1
    jobs = await brand.rows("jobs")
    assert {job["name"] for job in jobs} == {"sign_in.link"}
    assert len(jobs) == len(known) + 1
    await worker.drain()
    mailed = [bool(person.mailbox.letters(person.email)) for person in known]
    assert mailed == [True, True, False, False, False, False]
    assert len(await brand.rows("magic_links")) == 2


async def test_no_token_rests_in_the_database(people: People, brand: Brand) -> None:
    ada = await people("admin")
    token = await ada.link()
    assert (await ada.verify(token)).status_code == 200
    cookie = ada.client.cookies["op_session"]
    tables = [
        row["table_name"]
        for row in await brand.fetch(
            "select table_name from information_schema.tables where table_schema = 'public'"
        )
    ]
    assert "magic_links" in tables
    for table in tables:
        dump = str(await brand.fetch(f"select t::text from {table} t"))  # noqa: S608  # from the catalogue
        assert token not in dump
        assert cookie not in dump
    assert digest_of(token) in str(await brand.rows("magic_links"))


async def test_25_a_mailbox_is_not_flooded(people: People) -> None:
    ada = await people("admin")
    for _ in range(MOST_LINKS + 5):
        assert (await ada.ask()).json() == {"ok": True}
        await ada.worker.drain()
    letters = ada.mailbox.letters(ada.email)
    assert len(letters) == MOST_LINKS
    assert (await ada.verify(letters[-1].token)).status_code == 200


@pytest.mark.parametrize("kind", ["admin", "partner"])
async def test_r7_a_refused_link_is_not_spent_and_leaves_nothing(
    kind: str, people: People, brand: Brand
) -> None:
    person = await people(kind)
    token = await person.link()
    table = f"{kind}s"
    await brand.execute(f"update {table} set revoked_at = now() where id = $1", person.id)  # noqa: S608  # one of two names
    before = [await brand.rows(name) for name in ("magic_links", "sessions", table)]
    refused = await person.verify(token)
    assert refusal(refused) == (403, f"{kind}_revoked")
    assert "set-cookie" not in refused.headers
    assert [await brand.rows(name) for name in ("magic_links", "sessions", table)] == before
    await brand.execute(f"update {table} set revoked_at = null where id = $1", person.id)  # noqa: S608  # the same
    assert (await person.verify(token)).status_code == 200


@pytest.mark.parametrize("kind", ["admin", "partner"])
async def test_a_link_to_somebody_who_is_gone(kind: str, people: People, brand: Brand) -> None:
    person = await people(kind)
    token = await person.link()
    await brand.execute(f"delete from {kind}s where id = $1", person.id)  # noqa: S608  # one of two names
    assert refusal(await person.verify(token)) == (404, f"{kind}_not_found")


async def test_a_link_to_sign_in_activates_nobody(people: People, brand: Brand) -> None:
    pat = await people("partner")
    token = await pat.link()
    await brand.execute("update partners set activated_at = null where id = $1", pat.id)
    assert refusal(await pat.verify(token)) == (400, "invalid_or_expired_token")


async def test_a_link_whose_mail_failed_is_taken_back_and_sent_later(
    people: People, brand: Brand, settings: Settings
) -> None:
    ada = await people("admin")
    await ada.ask()
    unreachable = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1})
    async with Worker.at(unreachable) as broken:
        await broken.drain()
    [job] = await brand.rows("jobs")
    assert job["done_at"] is None
    assert "MailFailed: 127.0.0.1:1" in job["last_error"]
    assert await brand.rows("magic_links") == []
    await brand.execute("update jobs set run_at = now() where id = $1", job["id"])
    await ada.worker.drain()
    assert (await ada.verify(ada.mailbox.newest(ada.email).token)).status_code == 200


async def test_a_link_of_one_workspace_opens_no_other(people: People, other_brand: Brand) -> None:
    ada = await people("admin")
    token = await ada.link()
    elsewhere = await ada.client.post(
        f"/api/t/{other_brand.slug}/auth/magic/verify", json={"token": token}
    )
    assert refusal(elsewhere) == (400, "invalid_or_expired_token")
    assert (await ada.verify(token)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {}, {"token": "short"}, {"token": 12345678}, {"token": "x" * 201}, {"token": None},
        {"token": "a\x00bcdefgh"}, {"token": "opml_12345678", "more": 1}, [], "opml_12345678",
    ],
)  # fmt: skip
async def test_a_token_that_cannot_be_one_is_an_invalid_body(body: Any, brand: Brand) -> None:
    path = f"/api/t/{brand.slug}/auth/magic/verify"
    assert refusal(await brand.http.post(path, json=body)) == (400, "invalid_body")
