"""Visitors who don't want to be remembered: no cookie, nothing stored of them, and still a redirect."""

import json

import pytest

from router.consent import may_remember
from router.parameters import read
from tests.router.running import Running
from tests.router.shop import Shop
from tests.router.test_passing_on import campaign_says

GPC, DNT = {b"sec-gpc": b"1"}, {b"dnt": b"1"}


@pytest.mark.parametrize(
    ("mode", "headers", "query", "remembered"),
    [
        ("always", {}, b"", True),
        ("always", GPC, b"", True),
        ("always", {}, b"consent=0", False),
        ("opt_out", {}, b"", True),
        ("opt_out", GPC, b"", False),
        ("opt_out", DNT, b"a=1", False),
        ("opt_out", {b"sec-gpc": b"0"}, b"", True),
        ("opt_out", GPC, b"consent=granted", True),
        ("opt_out", {}, b"consent=denied", False),
        ("opt_in", {}, b"", False),
        ("opt_in", {}, b"consent=maybe", False),
        ("opt_in", GPC, b"consent=1", True),
        ("never", {}, b"consent=1", False),
    ],
)
def test_campaign_address_and_browser_decide(
    mode: str, headers: dict[bytes, bytes], query: bytes, remembered: bool
) -> None:
    assert may_remember(mode, headers, read(query)) is remembered


async def test_who_refuses_leaves_no_trace_but_the_visit(router: Running, shop: Shop) -> None:
    path = await shop.link()
    await campaign_says(shop, router, cookies="opt_out", pass_parameters="all")
    response = await router.get(
        f"{path}?email=ada%40example.com&utm_source=mail",
        sec_gpc="1", referer="https://blog.example/me",
    )  # fmt: skip
    assert response.status_code == 302
    assert "set-cookie" not in response.headers
    # The shop gets what it asked to be passed on; we keep none of it.
    assert "email=ada%40example.com" in response.headers["location"]
    [click] = await shop.clicks()
    assert (click["ip_hash"], click["user_agent"], click["referer"]) == (None, None, None)
    assert "ada" not in click["landing_url"]
    assert json.loads(click["utm"]) == {"utm_source": "mail"}
    assert json.loads(click["signals"]) == {"consent": False}


async def test_a_cookie_from_before_is_taken_away(router: Running, shop: Shop) -> None:
    path = await shop.link()
    first = await router.get(path)
    cookie = first.headers["set-cookie"].partition(";")[0]
    for extra in ({}, {"content_length": "0"}):
        again = await router.get(f"{path}?consent=0", cookie=cookie, **extra)
        assert again.headers["set-cookie"].startswith("_cref=; Path=/; Max-Age=0")
    assert "prev" not in json.loads((await shop.clicks())[-1]["signals"])


async def test_who_refuses_is_judged_all_the_same(router: Running, shop: Shop) -> None:
    path = await shop.link()
    await campaign_says(shop, router, cookies="never")
    await router.get(path)
    await router.get(path)
    await router.get(path, user_agent="curl/8")
    assert await shop.flags() == [None, "duplicate", "bot"]
