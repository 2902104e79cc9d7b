"""Links on a brand's own domain: the host says whose they are, with and without /r/."""

from pathlib import Path

from router.domains import Domains
from shared.ids import new_id
from tests.router.running import Running, running
from tests.router.shop import Shop, eventually

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


def test_domains_are_remembered_while_the_database_is_away(tmp_path: Path) -> None:
    first = Domains(tmp_path)
    first.take([{"host": "go.shop.example", "slug": "shop"}])
    second = Domains(tmp_path)
    assert second.slug_of("go.shop.example") is None
    second.remember()
    assert second.slug_of("GO.shop.example:443") == "shop"
