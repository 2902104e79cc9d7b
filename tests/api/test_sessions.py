"""Sessions: cookies that only our pages use, that end on the server, and whom keys stand for."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.features.sign_in.for_others import end_sessions
from api.main import create_app
from shared.tokens import digest_of
from tests.api.conftest import People
from tests.conftest import settings_for
from tests.support.brand import Brand, bearer
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker

THIRTY_DAYS = 30 * 24 * 3600


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


async def test_the_cookie_is_out_of_scripts_and_other_sites_reach(people: People) -> None:
    ada = await people("admin")
    answer = await ada.verify(await ada.link())
    name, attributes = cookie_of(answer)
    assert name == "op_session"
    assert attributes == {
        "httponly", "samesite=lax", "path=/", f"max-age={THIRTY_DAYS}",
    }  # fmt: skip
    [session] = await ada.brand.rows("sessions")
    assert (session["expires_at"] - session["created_at"]).total_seconds() == THIRTY_DAYS


async def test_over_https_the_cookie_belongs_to_this_host_alone(
    people: People, scratch: Scratch, tmp_path: Path, contract: Contract
) -> None:
    ada = await people("admin")
    token = await ada.link()
    changed = settings_for(scratch, tmp_path, api_url="https://api.brand.example")
    async with (
        served(create_app(changed)) as address,
        httpx2.AsyncClient(
            base_url=address, event_hooks={"response": [contract.check]}, timeout=60
        ) as client,
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


async def test_what_keys_say_of_themselves(brand: Brand) -> None:
    partner = await brand.partner()
    pats, scoped = await brand.partner_headers(partner), await brand.scoped_headers("events:write")

    async def asked(path: str, headers: dict[str, str]) -> Any:
        return (await brand.get(f"/auth/{path}", headers=headers)).json()

    base = f"http://localhost:4601/api/t/{brand.slug}"
    assert await asked("whoami", brand.headers) == {
        "role": "admin", "source": "db", "baseUrl": base,
    }  # fmt: skip
    assert await asked("introspect", brand.headers) == {
        "role": "admin", "unrestricted": True, "baseUrl": base,
    }  # fmt: skip
    who = await asked("whoami", pats)
    assert (who["role"], who["source"], who["csrfToken"]) == ("partner", "db", None)
    assert who["partnerId"] == who["partner"]["id"] == partner["id"]
    restricted = {
        "role": "partner", "restrictedTo": {"partnerId": partner["id"]}, "baseUrl": base,
    }  # fmt: skip
    assert await asked("introspect", pats) == restricted
    assert (await asked("whoami", scoped))["error"] == "scoped_key_not_for_portal"
    assert await asked("introspect", scoped) == {
        "role": "scoped", "scopes": ["events:write"], "baseUrl": base,
    }  # fmt: skip
    assert (await asked("whoami", bearer("op_nobody")))["error"] == "unauthorized"


async def test_s4_the_environments_key_is_admin_of_its_own_workspace_only(
    brand: Brand, scratch: Scratch, tmp_path: Path
) -> None:
    key = "an-admin-key-of-this-test"
    changed = settings_for(scratch, tmp_path, admin_api_key=key)
    async with (
        served(create_app(changed)) as address,
        httpx2.AsyncClient(base_url=address, headers=bearer(key), timeout=60) as client,
    ):
        assert (await client.get("/api/auth/whoami")).json() == {
            "role": "admin", "source": "env", "baseUrl": "http://localhost:4601/api/t/default",
        }  # fmt: skip
        assert (await client.get("/api/t/default/auth/whoami")).status_code == 200
        elsewhere = await client.get(f"/api/t/{brand.slug}/auth/whoami")
        assert refusal(elsewhere) == (401, "unauthorized")
