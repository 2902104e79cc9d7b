"""The way of a visitor: where they are sent, what they carry, and what is kept of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID

from router.redirect import DEFAULT_SLUG
from shared.models.tenant import DEFAULT_TENANT_SLUG
from shared.visitor import clicked_at
from tests.router.running import BROWSER, Running, cref_of, running
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Databases, Scratch


async def test_a_visitor_is_sent_on_with_a_cref_and_a_cookie(router: Running, shop: Shop) -> None:
    response = await router.get(await shop.link(), referer="https://blog.example/post")
    cref = cref_of(response)
    assert response.headers["location"] == f"https://shop.example/welcome?cref={cref}"
    assert response.headers["set-cookie"] == f"_cref={cref}; Path=/; Max-Age=7776000; SameSite=Lax"
    assert response.headers["cache-control"] == "no-store"
    assert response.content == b""
    assert "server" not in response.headers
    (click,) = await shop.clicks()
    assert str(click["id"]) == cref
    assert click["ts"] == clicked_at(UUID(cref))
    assert click["partner_id"] == shop.partner
    assert click["campaign_id"] == shop.campaign
    assert click["landing_url"] == response.headers["location"]
    assert click["user_agent"] == BROWSER
    assert click["referer"] == "https://blog.example/post"
    assert click["flag"] is None
    assert re.fullmatch(r"[0-9a-f]{32}", click["ip_hash"])


async def test_the_click_is_durable_before_the_answer(router: Running, shop: Shop) -> None:
    path = await shop.link()
    for _ in range(5):
        cref = cref_of(await router.get(path))
        assert cref in {str(click["id"]) for click in await shop.clicks()}


async def test_head_answers_like_get_and_is_flagged(router: Running, shop: Shop) -> None:
    path = await shop.link()
    response = await router.http.head(path)
    assert cref_of(response)
    assert response.content == b""
    assert await shop.flags() == ["prefetch"]


async def test_secure_and_domain_follow_the_settings(scratch: Scratch, shop: Shop) -> None:
    path = await shop.link()
    settings = {"ROUTER_URL": "https://go.shop.example", "COOKIE_DOMAIN": ".shop.example"}
    async with running(scratch.urls.router, **settings) as router:
        cookie = (await router.get(path)).headers["set-cookie"]
    assert cookie.endswith("; SameSite=Lax; Domain=.shop.example; Secure")


async def test_r3_each_click_lands_in_its_own_tenant(router: Running, scratch: Scratch) -> None:
    one, other = await open_shop(scratch), await open_shop(scratch)
    paths = [await one.link(), await other.link()]
    await asyncio.gather(*(router.get(path) for path in paths * 5))
    assert len(await one.clicks()) == len(await other.clicks()) == 5
    assert {click["tenant_id"] for click in await one.clicks()} == {one.tenant}


async def test_without_a_slug_single_tenancy_means_the_default_tenant(
    databases: Databases,
) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh, slug=DEFAULT_TENANT_SLUG)
    key = (await shop.link()).rpartition("/")[2]
    async with running(fresh.urls.router, OPENPARTNER_TENANCY="single") as router:
        assert cref_of(await router.get(f"/r/{key}"))
        assert cref_of(await router.get(f"/r/default/{key}"))
    async with running(fresh.urls.router) as router:
        response = await router.get(f"/r/{key}")
    assert response.status_code == 404
    assert DEFAULT_SLUG == DEFAULT_TENANT_SLUG


async def test_unknown_things_get_a_small_plain_page(router: Running, shop: Shop) -> None:
    for path in ["/r/nobody/nothing", f"/r/{shop.slug}/nothing", "/r/", "/r", "/", "/r/a/b/c"]:
        response = await router.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "Link not found" in response.text
        assert len(response.content) < 1000


async def test_other_methods_are_refused_everywhere(router: Running, shop: Shop) -> None:
    for path in [await shop.link(), "/health"]:
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"]:
            response = await router.http.request(method, path)
            assert response.status_code in {400, 405}
            if response.status_code == 405:
                assert response.headers["allow"] == "GET, HEAD"
    assert await shop.clicks() == []


async def test_bodies_are_bounded(router: Running, shop: Shop) -> None:
    path = await shop.link()
    bodies: list[bytes | AsyncIterator[bytes]] = [b"x" * 70_000, chunked()]
    for body in bodies:
        response = await router.http.request("GET", path, content=body)
        assert response.status_code == 413
    response = await router.http.request("GET", path, content=b"x" * 100)
    assert response.status_code == 302


async def chunked() -> AsyncIterator[bytes]:
    """A body without a length."""
    yield b"x"


async def test_a_suspended_tenants_links_lead_on_and_a_rejected_ones_do_not(
    router: Running, shop: Shop
) -> None:
    """What visitors followed was promised to them; what operators rejected leads nowhere."""
    path = await shop.link()
    assert cref_of(await router.get(path))
    await shop.execute("update tenants set status = 'suspended' where id = $1", shop.tenant)
    other = await shop.link()
    assert cref_of(await router.get(other))
    assert cref_of(await router.get(path))
    await shop.execute("update tenants set approval_status = 'rejected' where id = $1", shop.tenant)

    async def gone() -> bool:
        return (await router.get(path)).status_code == 404

    await eventually(gone)


async def test_health_ready_and_metrics_answer(router: Running, scratch: Scratch) -> None:
    assert (await router.get("/health")).json() == {"ok": True, "service": "router"}
    assert (await router.get("/ready")).json() == {"ok": True, "listening": True}
    assert "router_clicks_lost_total 0.0" in (await router.get("/metrics")).text
    async with running(scratch.urls.router, METRICS_TOKEN="sesame") as guarded:
        assert (await guarded.get("/metrics")).status_code == 401
        assert (await guarded.get("/metrics", authorization="Bearer sesam")).status_code == 401
        assert (await guarded.get("/metrics", authorization="Bearer sesame")).status_code == 200
