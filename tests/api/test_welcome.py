"""The pages that the API serves itself, as a browser meets them."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import httpx2
from fastapi import FastAPI
from playwright.async_api import Page

from api.features.welcome.fields import Schemas
from tests.api.conftest import People
from tests.conftest import Install
from tests.support.brand import Brand
from tests.support.chromium import chromium
from tests.support.coordinator import coordinating
from tests.support.mailbox import Mailbox
from tests.support.membership import start
from tests.support.refusals import refusal
from tests.support.statements import statements
from tests.support.working import Worker

ADA = {"adminName": "Ada Admin", "adminEmail": "ada@example.com", "programName": "Acme Partners"}


class Parsed(HTMLParser):
    """What a page says, names and would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.fetched: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.body: dict[str, str | None] = {}
        self.inside = ""
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside = tag
        self.ids |= {given["id"]} if given.get("id") else set()  # type: ignore[arg-type]  # not None here
        if tag == "body":
            self.body = given
        if tag != "a":
            self.fetched += [str(given[name]) for name in ("src", "href") if name in given]
        assert not [name for name in given if name.startswith("on")], "no inline handlers"

    def handle_data(self, data: str) -> None:
        if self.inside in self.inline and data.strip():
            self.inline[self.inside].append(data)
        else:
            self.words += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the parser's own signature
        self.inside = ""


async def read(http: httpx2.AsyncClient, path: str, **options: Any) -> Parsed:
    answer = await http.get(path, **options)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    parsed = Parsed(answer.text)
    refuse_what_the_policy_would_not_stop(answer, parsed)
    return parsed


def refuse_what_the_policy_would_not_stop(answer: httpx2.Response, parsed: Parsed) -> None:
    """Only our own script and style run, by their hashes, and nothing comes from elsewhere."""
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    for kind in ("script", "style"):
        [text] = parsed.inline[kind]
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert all(address.startswith("data:") for address in parsed.fetched)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_first_page_leads_from_set_up_to_the_first_campaign(
    empty_install: Install,
) -> None:
    http, _, settings = await empty_install()
    page = await read(http, "/")
    assert "Set up your partner program" in page.words
    assert f"curl {settings.api_url}/api/install" in page.words
    await http.post("/api/install", json=ADA)
    assert settings.mail_console_file
    token = Mailbox(settings.mail_console_file).newest("ada@example.com").token
    await http.post("/api/auth/magic/verify", json={"token": token})
    page = await read(http, "/")
    assert "Signed in as Ada Admin (ada@example.com), who runs the program" in page.words
    assert page.body["data-csrf"]
    http.cookies.clear()
    page = await read(http, "/")
    assert "Acme Partners" in page.words
    assert "Mail me a link" in page.words
    assert page.body == {"data-api": "/api"}


async def test_each_workspace_has_its_own_first_page(people: People, brand: Brand) -> None:
    hosted = await read(brand.http, "/")
    assert "/t/your-program/" in hosted.words
    for path in (f"/t/{brand.slug}", f"/t/{brand.slug}/"):
        page = await read(brand.http, path)
        assert brand.slug.title() in page.words
        assert page.body["data-api"] == f"/api/t/{brand.slug}"
    pat = await people("partner")
    await pat.sign_in()
    page = await read(pat.client, f"/t/{brand.slug}/")
    assert f"Signed in as Pat Partner ({pat.email}), partner" in page.words
    assert refusal(await brand.http.get("/t/nobody/")) == (404, "tenant_not_found")


async def test_a_programs_name_is_text_on_a_page(brand: Brand) -> None:
    hostile = "<script>alert(1)</script>\"'&"
    await brand.execute(
        "update tenants set display_name = $1 where id = $2", hostile, brand.tenant_id
    )
    page = await read(brand.http, f"/t/{brand.slug}/")
    assert hostile in page.words


async def test_the_page_of_a_link_only_looks(people: People, brand: Brand) -> None:
    ada = await people("admin")
    token = await ada.link()
    with statements() as sent:
        for path in ("/auth/magic", f"/t/{brand.slug}/auth/magic"):
            page = await read(ada.client, f"{path}?token={token}")
            assert token not in str(vars(page))
            assert (await ada.client.head(path)).status_code == 200
    assert sent == []
    assert page.body["data-api"] == f"/api/t/{brand.slug}"
    assert not ada.client.cookies
    assert (await ada.client.post("/auth/magic")).status_code == 405
    assert (await ada.verify(token)).status_code == 200


async def test_the_networks_link_leads_an_admin_to_a_button_and_nobody_else(
    people: People, brand: Brand
) -> None:
    path = f"/t/{brand.slug}/admin/network/complete"
    page = await read(brand.http, f"{path}?ntoken=0123456789abcdef0123")
    assert "Sign in first" in page.words
    ada, pat = await people("admin"), await people("partner")
    await ada.sign_in()
    await pat.sign_in()
    assert "Sign in first" in (await read(pat.client, path)).words
    page = await read(ada.client, f"{path}?ntoken=0123456789abcdef0123")
    assert "Press the button to connect" in page.words
    assert "0123456789abcdef0123" not in str(vars(page))
    assert page.body["data-csrf"]


async def test_an_admin_joins_the_network_in_a_real_browser(people: People, brand: Brand) -> None:
    ada = await people("admin")
    await ada.sign_in()
    async with coordinating() as coordinator, chromium() as browser:
        await start(brand, coordinator)
        page = await browser.new_page(base_url=str(brand.http.base_url))
        await page.context.add_cookies(
            [
                {"name": one.name, "value": one.value or "", "url": str(brand.http.base_url)}
                for one in ada.client.cookies.jar
            ]
        )
        await page.goto(re.sub(r"^https?://[^/]+", "", coordinator.books.mails[-1].link))
        assert "ntoken" not in page.url
        await page.get_by_role("button", name="Connect").click()
        await page.get_by_text("The network knows this program as").wait_for()
    assert (await brand.get("/config/network")).json()["connected"] is True


async def test_the_reference_shows_every_operation(app: FastAPI, brand: Brand) -> None:
    page = await read(brand.http, "/docs")
    named = [
        (operation["operationId"], path)
        for path, operations in app.openapi()["paths"].items()
        for operation in operations.values()
    ]
    assert len(named) > 20
    assert {name for name, _ in named} <= page.ids
    assert all(path in page.words for _, path in named)
    for shown in ("mail.smtp.host", "install_mail_failed", "partner_keys:write", "scopes"):
        assert shown in page.words
    assert refusal(await brand.http.get("/t/nobody/docs")) == (404, "tenant_not_found")


def test_what_a_field_holds_is_said_in_words() -> None:
    percent = {"type": "object", "properties": {"type": {"const": "percent"}}, "required": ["type"]}
    fixed = {
        "type": "object",
        "properties": {"type": {"const": "fixed"}, "currency": {"type": "string", "maxLength": 3}},
        "required": ["type", "currency"],
    }
    schemas = Schemas({"Percent": percent, "Fixed": fixed})
    rule = {"oneOf": [{"$ref": "#/c/Percent"}, {"$ref": "#/c/Fixed"}]}
    days = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 365}, {"type": "null"}]}
    body = {
        "type": "object",
        "properties": {
            "rules": {"type": "array", "items": rule},
            "days": {**days, "default": 60},
            "at": {"type": "string", "format": "date-time"},
            "model": {"enum": ["linear", "position"]},
        },
        "required": ["rules"],
    }
    said = {field.name: (field.type, field.required) for field in schemas.fields(body)}
    assert said == {
        "rules": ("a list: an object", True),
        "rules[].type": ('"percent" or "fixed"', True),
        "rules[].currency": ("text of up to 3 characters", False),
        "days": ("a whole number from 0 to 365 or null; 60 by default", False),
        "at": ("a time", False),
        "model": ("one of linear, position", False),
    }


async def test_a_person_sets_up_signs_in_and_out_in_a_real_browser(empty_install: Install) -> None:
    http, _, settings = await empty_install()
    assert settings.mail_console_file
    mailbox = Mailbox(settings.mail_console_file)
    async with chromium() as browser, Worker.at(settings) as worker:
        page = await browser.new_page(base_url=str(http.base_url))
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        await set_up(page)
        await follow(page, mailbox)
        await page.get_by_text("Make an API key").click()
        await page.get_by_text("shown only now").wait_for()
        key = await page.locator("output").text_content()
        answer = await http.get("/api/auth/whoami", headers={"Authorization": f"Bearer {key}"})
        assert answer.json().items() >= {"role": "admin", "source": "db"}.items()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("Your e-mail address").fill("ada@example.com")
        assert await page.context.cookies() == []
        await page.get_by_role("button", name="Mail me a link").click()
        await page.get_by_text("If this address belongs to somebody here").wait_for()
        await worker.drain()
        await follow(page, mailbox)
        assert troubles == []
        await page.goto(local(mailbox))
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_text("This link is used, replaced by a newer one").wait_for()


async def set_up(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Your name").fill("Ada Admin")
    await page.get_by_label("Your e-mail address").fill("ada@example.com")
    await page.get_by_label("What the program is called").fill("Acme Partners")
    await page.get_by_role("button", name="Set up").click()
    await page.get_by_text("Look into your mail").wait_for()


def local(mailbox: Mailbox) -> str:
    """The newest link, at the port of this test's server."""
    return re.sub(r"^https?://[^/]+", "", mailbox.newest("ada@example.com").link)


async def follow(page: Page, mailbox: Mailbox) -> None:
    await page.goto(local(mailbox))
    assert "token" not in page.url
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("As Ada Admin (ada@example.com), admin.").wait_for()
    await page.get_by_text("Continue").click()
    await page.get_by_text("who runs the program").wait_for()
