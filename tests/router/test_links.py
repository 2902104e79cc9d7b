"""Links in memory: true within a second of a change, and there when the database isn't."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from router.links import ABSENT_MAX
from router.postgres import connect
from tests.router.running import Running, cref_of, running
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Databases


async def location(router: Running, path: str) -> str:
    return str((await router.get(path)).headers["location"]).partition("?")[0]


async def test_a_new_link_works_at_once(router: Running, shop: Shop) -> None:
    assert cref_of(await router.get(await shop.link()))


async def test_a_link_that_was_asked_for_too_early_works_once_it_exists(
    router: Running, shop: Shop
) -> None:
    early = f"/r/{shop.slug}/early"
    assert (await router.get(early)).status_code == 404
    made = await shop.link()
    await shop.execute(
        "update links set link_key = 'early' where tenant_id = $1 and link_key = $2",
        shop.tenant, made.rpartition("/")[2],
    )  # fmt: skip

    async def works() -> bool:
        return (await router.get(early)).status_code == 302

    await eventually(works)


async def test_a_changed_campaign_is_seen_without_asking(router: Running, shop: Shop) -> None:
    path = await shop.link()
    assert await location(router, path) == "https://shop.example/welcome"
    await shop.redirect_to("https://shop.example/sale")

    async def seen() -> bool:
        return await location(router, path) == "https://shop.example/sale"

    await eventually(seen)


async def test_many_ask_for_one_new_link_with_one_question(router: Running, shop: Shop) -> None:
    links = router.router.links
    path = await shop.link()
    links.directory.drop_tenants([shop.tenant])
    before = links.figures.questions
    await asyncio.gather(*(router.get(path) for _ in range(50)))
    # While the first question is on its way, those who come later share the second at most.
    assert links.figures.questions - before <= 2


async def test_strays_are_remembered_within_bounds(router: Running, shop: Shop) -> None:
    links = router.router.links
    for batch in range(3):
        await asyncio.gather(*(links.ask(shop.slug, f"s{batch}-{i}") for i in range(5000)))
    assert links.remembered_strays <= ABSENT_MAX
    questions = links.figures.questions
    assert await links.ask(shop.slug, "s2-4999") is None
    assert links.figures.questions == questions


async def test_r2_known_links_work_while_the_database_is_away(breakable: Databases) -> None:
    fresh = await breakable.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    async with running(fresh.urls.router) as router:
        assert cref_of(await router.get(path))
        breakable.server.kill()
        responses = await asyncio.gather(*(router.get(path) for _ in range(20)))
        assert all(cref_of(response) for response in responses)
        unknown = await router.get(f"/r/{shop.slug}/unknown")
        assert unknown.status_code == 503
        assert unknown.headers["retry-after"] == "5"
        assert (await router.get("/ready")).status_code == 200
        await asyncio.to_thread(breakable.server.start)

        async def listens() -> bool:
            return bool((await router.get("/ready")).json()["listening"])

        await eventually(listens)
        assert (await router.get(f"/r/{shop.slug}/unknown")).status_code == 404
        assert cref_of(await router.get(await shop.link()))


async def test_what_changed_while_nobody_listened_is_caught_up(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    other = await open_shop(fresh)
    others = await other.link()
    async with running(fresh.urls.router) as router:
        assert cref_of(await router.get(path))
        assert cref_of(await router.get(others))
        # The connection dies, and the change comes before the next one listens.
        await shop.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'openpartner-router-%'"
        )
        await shop.redirect_to("https://shop.example/sale")
        await shop.revoke()
        await other.execute(
            "update tenants set approval_status = 'rejected' where id = $1", other.tenant
        )

        async def seen() -> bool:
            return await location(router, path) == "https://shop.example/sale"

        await eventually(seen)
        cref_of(await router.get(path))
        assert (await shop.flags())[-1] == "revoked"
        assert (await router.get(others)).status_code == 404
        # By the version of what it had, not by reading everything again.
        assert router.router.links.figures.refreshes == 1
        assert router.router.links.figures.catch_ups == 1


@dataclass
class Slow:
    """A reader of all links, one at a time, who lets something happen before each is taken."""

    connection: asyncpg.Connection
    meanwhile: Callable[[int], Awaitable[None]]
    number: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def cursor(self, query: str) -> "Slow":
        self.reading = await self.connection.cursor(query)
        return self

    async def fetch(self, _: int) -> list[asyncpg.Record]:
        self.number += 1
        rows: list[asyncpg.Record] = await self.reading.fetch(1)
        await self.meanwhile(self.number)
        return rows


async def test_what_changes_while_everything_is_read_again_is_seen_at_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path, *_ = [await shop.link() for _ in range(4)]
    async with running(fresh.urls.router) as router:
        links = router.router.links

        async def meanwhile(number: int) -> None:
            if number == 2:
                await shop.revoke()
                await eventually(heard)
            elif number == 4:
                cref_of(await router.get(path))

        async def heard() -> bool:
            return bool(links._announced)  # noqa: SLF001  # before it is applied

        async def connect_slowly(url: str, application: str) -> Any:
            connection = await connect(url, application)
            return Slow(connection, meanwhile) if application.endswith("refresh") else connection

        monkeypatch.setattr("router.links.connect", connect_slowly)
        links._next_refresh = 0.0  # noqa: SLF001  # an hour later
        links._something.set()  # noqa: SLF001  # nothing outside shows it

        async def read() -> bool:
            return links._next_refresh > 0  # noqa: SLF001  # nothing outside shows it

        await eventually(read)
        # The rows that were read last are from before the change.
        cref_of(await router.get(path))
        assert await shop.flags() == ["revoked", "revoked"]
        assert links.figures.refreshes == 2
        assert len(links.directory) == 4


async def test_a_deleted_tenant_is_forgotten(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    async with running(fresh.urls.router) as router:
        assert cref_of(await router.get(path))
        await shop.execute(
            "begin; set constraints all deferred; alter table terms disable trigger append_only;"
            "delete from links; delete from terms; delete from campaigns; delete from partners;"
            "delete from tenants where slug like 'shop-%'; commit"
        )

        async def gone() -> bool:
            return (await router.get(path)).status_code == 404

        await eventually(gone)
        assert len(router.router.links.directory) == 0
