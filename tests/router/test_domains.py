"""Links on a brand's own domain: the host says whose they are, with and without /r/."""

from pathlib import Path

from router.domains import Domains
from router.redirect import DEFAULT_SLUG
from shared.ids import new_id
from tests.router.running import Running, running
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Databases

A_DOMAIN = """
insert into domains (tenant_id, id, host, purpose, token, verified_at)
values ($1, $2, $3, $4, '', null)
"""
PROVED = "update domains set verified_at = now() where host = $1"


async def test_links_work_on_a_domain_as_soon_as_it_is_proved_and_no_longer(
    router: Running, shop: Shop
) -> None:
    path, host = await shop.link(), f"go.{shop.slug}.example"
    key = path.rpartition("/")[2]
    await shop.execute(A_DOMAIN, shop.tenant, new_id(), host, "links")
    assert (await router.get(f"/r/{key}", host=host)).status_code == 404
    await shop.execute(PROVED, host)

    async def works() -> bool:
        return (await router.get(f"/{key}", host=host)).status_code == 302

    await eventually(works)
    for form in (f"/r/{key}", f"/{key}", f"/{key}/", f"/{key}?utm=x", path):
        assert (await router.get(form, host=host.upper())).status_code == 302, form
    assert (await router.get(f"/{key}", host=f"{host}:8443")).status_code == 302
    assert (await router.get(f"/{key}", host="go.other.example")).status_code == 404
    assert (await router.get("/health", host="go.other.example")).status_code == 200
    await shop.execute("delete from domains where host = $1", host)

    async def gone() -> bool:
        return (await router.get(f"/{key}", host=host)).status_code == 404

    await eventually(gone)


async def test_a_portals_domain_carries_no_links(router: Running, shop: Shop) -> None:
    path, host = await shop.link(), f"portal.{shop.slug}.example"
    other = f"go.{shop.slug}.example"
    await shop.execute(A_DOMAIN, shop.tenant, new_id(), host, "portal")
    await shop.execute(A_DOMAIN, shop.tenant, new_id(), other, "links")
    await shop.execute(PROVED, host)
    await shop.execute(PROVED, other)
    key = path.rpartition("/")[2]

    async def works() -> bool:
        return (await router.get(f"/{key}", host=other)).status_code == 302

    await eventually(works)
    assert (await router.get(f"/{key}", host=host)).status_code == 404


async def test_a_cookie_for_everybodys_domain_is_not_set_on_a_brands_own(shop: Shop) -> None:
    path, host = await shop.link(), f"go.{shop.slug}.example"
    await shop.execute(A_DOMAIN, shop.tenant, new_id(), host, "links")
    await shop.execute(PROVED, host)
    async with running(shop.scratch.urls.router, COOKIE_DOMAIN=".links.example") as router:
        ours = await router.get(path)
        assert "Domain=.links.example" in ours.headers["set-cookie"]
        theirs = await router.get(f"/{path.rpartition('/')[2]}", host=host)
        assert theirs.status_code == 302
        assert "domain" not in theirs.headers["set-cookie"].lower()
        assert "_cref=" in theirs.headers["set-cookie"]


async def test_nor_where_one_brand_has_the_router_to_itself(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh, slug=DEFAULT_SLUG)
    path, host = await shop.link(), "go.brand.example"
    key = path.rpartition("/")[2]
    await shop.execute(A_DOMAIN, shop.tenant, new_id(), host, "links")
    await shop.execute(PROVED, host)
    only = {"COOKIE_DOMAIN": ".shop.example", "OPENPARTNER_TENANCY": "single"}
    async with running(fresh.urls.router, **only) as router:
        assert "Domain=" in (await router.get(f"/r/{key}")).headers["set-cookie"]
        for form in (f"/{key}", f"/r/{key}", path):
            cookie = (await router.get(form, host=host)).headers["set-cookie"]
            assert cookie.startswith("_cref="), form
            assert "Domain=" not in cookie, form


def test_domains_are_remembered_while_the_database_is_away(tmp_path: Path) -> None:
    first = Domains(tmp_path)
    first.take([{"host": "go.shop.example", "slug": "shop"}])
    second = Domains(tmp_path)
    assert second.slug_of("go.shop.example") is None
    second.remember()
    assert second.slug_of("GO.shop.example:443") == "shop"
