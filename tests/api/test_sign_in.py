"""Signing in: links that open once, sessions that end, and nothing for those who guess."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from api.features.sign_in.for_others import end_sessions, invite_admin, invite_partner
from api.features.sign_in.jobs import MOST_LINKS
from api.main import create_app
from api.settings import Settings
from shared.tokens import digest_of
from tests.conftest import settings_for
from tests.support.brand import Brand, bearer
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox
from tests.support.people import Person, add_admin, add_partner, browser
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.statements import statements
from tests.support.working import Worker

People = Callable[..., Awaitable[Person]]
THIRTY_DAYS = 30 * 24 * 3600


@pytest.fixture
def mailbox(settings: Settings) -> Mailbox:
    assert settings.mail_console_file
    return Mailbox(settings.mail_console_file)


@pytest.fixture
async def people(
    brand: Brand, worker: Worker, mailbox: Mailbox, contract: Contract
) -> AsyncIterator[People]:
    """`await people("admin")` or `people("partner", active=False)`, each with a browser of their own."""
    async with AsyncExitStack() as stack:

        async def person(kind: str, *, of: Brand = brand, **state: bool) -> Person:
            client = await stack.enter_async_context(browser(of.http, contract))
            add = add_admin if kind == "admin" else add_partner
            found, email = await add(of, **state)
            return Person(found, email, of, worker, mailbox, client)

        yield person


async def rows(brand: Brand, table: str) -> list[Any]:
    query = f"select * from {table} where tenant_id = $1"  # noqa: S608  # a name of our own
    return await brand.fetch(query, brand.tenant_id)


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
    assert len(await rows(brand, "sessions")) == 1


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
    assert sum(link["consumed_at"] is None for link in await rows(brand, "magic_links")) == 1
    answers = [(await ada.verify(token)).status_code for token in tokens]
    assert sorted(answers) == [200] + [400] * (MOST_LINKS - 1)


async def test_a_link_lives_ten_minutes_by_the_databases_clock(
    people: People, brand: Brand
) -> None:
    ada = await people("admin")
    token = await ada.link()
    [link] = await rows(brand, "magic_links")
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


async def test_22_a_page_of_another_site_cannot_sign_a_browser_in_or_out(people: People) -> None:
    ada = await people("admin")
    token = await ada.link()
    foreign = {"Origin": "https://evil.example"}
    assert refusal(await ada.verify(token, headers=foreign)) == (403, "csrf_failed")
    form = await ada.client.post(
        f"{ada.api}/auth/magic/verify",
        content=f'{{"token":"{token}"}}',
        headers={"Content-Type": "text/plain"},
    )
    assert refusal(form) == (400, "invalid_body")
    assert (await ada.verify(token, headers={"Origin": "http://localhost:4601"})).status_code == 200
    signed_out = await ada.client.post(f"{ada.api}/auth/signout", headers=foreign)
    assert refusal(signed_out) == (403, "csrf_failed")
    assert (await ada.whoami()).status_code == 200


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
    for email in [*(person.email for person in known), "stranger@example.com"]:
        with statements() as sent:
            answer = await known[0].client.post(
                f"{known[0].api}/auth/signin", json={"email": email}
            )
        quiet = {"x-request-id", "date"}
        headers = frozenset(item for item in answer.headers.items() if item[0] not in quiet)
        seen.add((answer.status_code, answer.text, headers, tuple(sent)))
    assert len(seen) == 1
    jobs = await rows(brand, "jobs")
    assert {job["name"] for job in jobs} == {"sign_in.link"}
    assert len(jobs) == len(known) + 1
    await worker.drain()
    mailed = [bool(person.mailbox.letters(person.email)) for person in known]
    assert mailed == [True, True, False, False, False, False]
    assert len(await rows(brand, "magic_links")) == 2


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
    assert digest_of(token) in str(await rows(brand, "magic_links"))


async def test_25_a_mailbox_is_not_flooded(people: People) -> None:
    ada = await people("admin")
    for _ in range(MOST_LINKS + 5):
        assert (await ada.ask()).json() == {"ok": True}
        await ada.worker.drain()
    letters = ada.mailbox.letters(ada.email)
    assert len(letters) == MOST_LINKS
    assert (await ada.verify(letters[-1].token)).status_code == 200


async def test_the_cookie_is_out_of_scripts_and_other_sites_reach(people: People) -> None:
    ada = await people("admin")
    answer = await ada.verify(await ada.link())
    name, attributes = cookie_of(answer)
    assert name == "op_session"
    assert attributes == {
        "httponly", "samesite=lax", "path=/", f"max-age={THIRTY_DAYS}",
    }  # fmt: skip
    [session] = await rows(ada.brand, "sessions")
    assert (session["expires_at"] - session["created_at"]).total_seconds() == THIRTY_DAYS


async def test_over_https_the_cookie_belongs_to_this_host_alone(
    people: People, scratch: Scratch, tmp_path: Path, contract: Contract
) -> None:
    ada = await people("admin")
    token = await ada.link()
    changed = settings_for(scratch, tmp_path, api_url="https://api.brand.example")
    async with (
        served(create_app(changed)) as address,
        httpx2.AsyncClient(base_url=address, event_hooks={"response": [contract.check]}) as client,
    ):
        ada.client = client
        answer = await ada.verify(token)
        name, attributes = cookie_of(answer)
        assert name == "__Host-op_session"
        assert attributes >= {"secure", "httponly", "samesite=lax", "path=/"}
        assert not any(attribute.startswith("domain") for attribute in attributes)
        value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        client.cookies.clear()
        for sent, expected in (("__Host-op_session", 200), ("op_session", 401)):
            seen = await ada.whoami(headers={"Cookie": f"{sent}={value}"})
            assert seen.status_code == expected
        signed_out = await client.post(
            f"{ada.api}/auth/signout", headers={"Cookie": f"__Host-op_session={value}"}
        )
        assert cookie_of(signed_out) == (
            name,
            attributes - {f"max-age={THIRTY_DAYS}"} | {"max-age=0"},
        )


def cookie_of(answer: httpx2.Response) -> tuple[str, set[str]]:
    """The name and the attributes of the one cookie that is set."""
    [header] = answer.headers.get_list("set-cookie")
    first, *rest = header.split("; ")
    return first.partition("=")[0], {attribute.lower() for attribute in rest}


async def test_signing_out_ends_the_session_here_and_in_the_browser(people: People) -> None:
    ada = await people("admin")
    signed_in = await ada.verify(await ada.link())
    copied = ada.client.cookies["op_session"]
    answer = await ada.client.post(f"{ada.api}/auth/signout")
    assert answer.json() == {"ok": True}
    name, attributes = cookie_of(signed_in)
    assert cookie_of(answer) == (name, attributes - {f"max-age={THIRTY_DAYS}"} | {"max-age=0"})
    assert "op_session" not in ada.client.cookies
    again = await ada.whoami(headers={"Cookie": f"op_session={copied}"})
    assert refusal(again) == (401, "unauthorized")
    assert (await ada.client.post(f"{ada.api}/auth/signout")).json() == {"ok": True}


async def test_21_a_planted_session_is_not_the_one_that_signing_in_begins(people: People) -> None:
    ada = await people("admin")
    await ada.sign_in()
    before = ada.client.cookies["op_session"]
    await ada.sign_in()
    assert ada.client.cookies["op_session"] != before
    dead = await ada.whoami(headers={"Cookie": f"op_session={before}"})
    assert refusal(dead) == (401, "unauthorized")
    ada.client.cookies.set("op_session", "ops_planted-by-somebody-else-0123456789")
    token = await ada.link()
    ada.client.cookies.delete("op_session")
    planted = await ada.verify(token, headers={"Cookie": "op_session=ops_planted-by-somebody"})
    assert "planted" not in planted.headers["set-cookie"]


async def test_20_a_changed_cookie_opens_nothing(people: People, other_brand: Brand) -> None:
    ada = await people("admin")
    await ada.sign_in()
    good = ada.client.cookies["op_session"]
    ada.client.cookies.clear()
    changed = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(47)]
    shortened = [good[:length] for length in range(0, len(good), 5)]
    for value in [*changed, *shortened, good + "A", good.upper(), digest_of(good), "ops_"]:
        answer = await ada.whoami(headers={"Cookie": f"op_session={value}"})
        assert refusal(answer) == (401, "unauthorized"), value
    elsewhere = await ada.client.get(
        f"/api/t/{other_brand.slug}/auth/whoami", headers={"Cookie": f"op_session={good}"}
    )
    assert refusal(elsewhere) == (401, "unauthorized")
    assert (await ada.whoami(headers={"Cookie": f"op_session={good}"})).status_code == 200


async def test_a_cookie_alone_changes_nothing(people: People) -> None:
    ada = await people("admin")
    csrf = (await ada.sign_in())["csrfToken"]
    path, body = f"{ada.api}/api-keys", {"label": "mine"}
    refused = [{}, {"Origin": "https://evil.example"}, {"X-CSRF-Token": csrf[:-1] + "x"}]
    for headers in refused:
        answer = await ada.client.post(path, json=body, headers=headers)
        assert refusal(answer) == (403, "csrf_failed"), headers
    for headers in ({"Origin": "http://localhost:4601"}, {"X-CSRF-Token": csrf}):
        answer = await ada.client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, headers


async def test_a_bad_header_beats_a_good_cookie(people: People) -> None:
    ada = await people("admin")
    await ada.sign_in()
    for header in ("Bearer op_wrong", "Bearer", "Basic abc", "nonsense"):
        answer = await ada.whoami(headers={"Authorization": header})
        assert refusal(answer) == (401, "unauthorized"), header
    assert (await ada.whoami()).status_code == 200


@pytest.mark.parametrize("kind", ["admin", "partner"])
async def test_r7_a_refused_link_is_not_spent_and_leaves_nothing(
    kind: str, people: People, brand: Brand
) -> None:
    person = await people(kind)
    token = await person.link()
    table = f"{kind}s"
    await brand.execute(f"update {table} set revoked_at = now() where id = $1", person.id)  # noqa: S608  # one of two names
    before = [await rows(brand, name) for name in ("magic_links", "sessions", table)]
    refused = await person.verify(token)
    assert refusal(refused) == (403, f"{kind}_revoked")
    assert "set-cookie" not in refused.headers
    assert [await rows(brand, name) for name in ("magic_links", "sessions", table)] == before
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


@pytest.mark.parametrize("kind", ["admin", "partner"])
async def test_whoever_is_shut_out_is_signed_out_everywhere(
    kind: str, people: People, brand: Brand, worker: Worker
) -> None:
    person = await people(kind)
    await person.sign_in()
    open_link = await person.link()
    async with worker.database.tenant_session(brand.tenant_id) as session:
        await end_sessions(session, "admin" if kind == "admin" else "partner", person.id)
    assert refusal(await person.whoami()) == (401, "unauthorized")
    assert refusal(await person.verify(open_link)) == (400, "invalid_or_expired_token")


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


async def test_what_keys_say_of_themselves(brand: Brand) -> None:
    partner = await brand.partner()
    pats, scoped = await brand.partner_headers(partner), await brand.scoped_headers("events:write")

    async def asked(path: str, headers: dict[str, str]) -> Any:
        return (await brand.get(f"/auth/{path}", headers=headers)).json()

    assert await asked("whoami", brand.headers) == {"role": "admin", "source": "db"}
    assert await asked("introspect", brand.headers) == {"role": "admin", "unrestricted": True}
    who = await asked("whoami", pats)
    assert (who["role"], who["source"], who["csrfToken"]) == ("partner", "db", None)
    assert who["partnerId"] == who["partner"]["id"] == partner["id"]
    restricted = {"role": "partner", "restrictedTo": {"partnerId": partner["id"]}}
    assert await asked("introspect", pats) == restricted
    assert (await asked("whoami", scoped))["error"] == "scoped_key_not_for_portal"
    assert await asked("introspect", scoped) == {"role": "scoped", "scopes": ["events:write"]}
    assert (await asked("whoami", bearer("op_nobody")))["error"] == "unauthorized"


async def test_s4_the_environments_key_is_admin_of_its_own_workspace_only(
    brand: Brand, scratch: Scratch, tmp_path: Path
) -> None:
    key = "an-admin-key-of-this-test"
    changed = settings_for(scratch, tmp_path, admin_api_key=key)
    async with (
        served(create_app(changed)) as address,
        httpx2.AsyncClient(base_url=address, headers=bearer(key)) as client,
    ):
        assert (await client.get("/api/auth/whoami")).json() == {"role": "admin", "source": "env"}
        assert (await client.get("/api/t/default/auth/whoami")).status_code == 200
        elsewhere = await client.get(f"/api/t/{brand.slug}/auth/whoami")
        assert refusal(elsewhere) == (401, "unauthorized")
