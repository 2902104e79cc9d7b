"""The whole way in a real browser: set up, sign in by mail, and a click that earns a commission."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import Up
from tests.journeys.shop import Shop
from tests.support.debian import program
from tests.support.mailbox import Mailbox

# Chromium without a screen says so, and the router rightly takes it for a machine.
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
ADA = "ada@example.com"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without its sandbox, which root may not use; it sees pages of ours only.
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh person; an error on any page of ours fails the test."""
    context = chromium.new_context(user_agent=AGENT)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert broken == []


@pytest.fixture(scope="module")
def shop(up: Up) -> Iterator[Shop]:
    with Shop(up.api).open() as shop:
        yield shop


def test_from_the_printed_address_to_a_commission(up: Up, page: Page, shop: Shop) -> None:
    set_up(up, page)
    sign_in(up, page)
    api = Api(up.api, key_made_on(page))
    campaign = api.post("/campaigns", {
        "name": "Spring", "destinationUrl": f"{shop.address}/welcome",
        "commissionRule": {"type": "percent", "value": 20, "recurring": True},
    })  # fmt: skip
    partner = api.post(
        "/partners", {"name": "Pat", "email": "pat@example.com", "sendInvite": False}
    )
    wanted = {"linkKey": "pats-pick", "campaignId": campaign["id"]}
    shop.words["link"] = api.post(f"/partners/{partner['id']}/links", wanted)["url"]

    cref = follow_the_blog(up, page, shop)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Thank you")).to_be_visible()

    paid = {"userId": "customer-1", "type": "invoice_paid", "value": "200.00", "currency": "USD"}
    credited = api.post("/attribution/events", paid)["attribution"]
    assert [touch["clickId"] for touch in credited["touches"]] == [cref]
    (commission,) = api.get(f"/partners/{partner['id']}/commissions")["commissions"]
    assert (commission["amount"], commission["currency"]) == ("40.00", "USD")


def set_up(up: Up, page: Page) -> None:
    """The address that `make up` prints asks who runs the program."""
    page.goto(up.api)
    expect(page.get_by_role("heading", name="Set up your partner program")).to_be_visible()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your e-mail address").fill(ADA)
    page.get_by_label("What the program is called").fill("Acme Partners")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


def sign_in(up: Up, page: Page) -> None:
    """A look at the link spends nothing: the button does, and once."""
    link = Mailbox(up.mail).newest(ADA).link
    scanner = httpx2.get(link)
    assert scanner.status_code == 200
    page.goto(link)
    assert "token" not in page.url
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_text(f"Signed in as Ada ({ADA})")).to_be_visible()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(up.api)


def key_made_on(page: Page) -> str:
    page.get_by_role("button", name="Make an API key").click()
    shown = page.locator("output")
    shown.wait_for()
    return shown.inner_text()


def follow_the_blog(up: Up, page: Page, shop: Shop) -> str:
    """The visitor clicks, and the shop's page finds the click's id in its address."""
    page.goto(f"{shop.address}/blog")
    page.get_by_role("link", name="The best shop").click()
    page.wait_for_url(f"{shop.address}/welcome?cref=*")
    cref = page.url.partition("cref=")[2]
    expect(page.locator("#cref")).to_have_text(cref)
    cookies = {each["name"]: each["value"] for each in page.context.cookies(up.router)}
    assert cookies["_cref"] == cref
    return cref


class Api:
    """The merchant's server, with the key that the page showed."""

    def __init__(self, api: str, key: str) -> None:
        self.base = f"{api}/api"
        self.headers = {"authorization": f"Bearer {key}"}

    def get(self, path: str) -> dict[str, Any]:
        return self._checked(httpx2.get(self.base + path, headers=self.headers))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._checked(httpx2.post(self.base + path, json=body, headers=self.headers))

    @staticmethod
    def _checked(answer: httpx2.Response) -> dict[str, Any]:
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found
