"""Outages: clicks wait on disk, come home once, and visitors go on whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from router.journal import Journal
from router.settings import read_settings
from tests.router.running import MASTER_KEY, Running, cref_of, running, serving
from tests.router.shop import Shop, eventually, open_shop
from tests.router.test_journal import click, names, read
from tests.support.databases import Databases, Scratch


async def test_faults_1_and_2_clicks_of_an_outage_come_home_once(breakable: Databases) -> None:
    fresh = await breakable.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    async with running(fresh.urls.router) as router:
        crefs = [cref_of(await router.get(path))]
        breakable.server.kill()
        for _ in range(3):
            crefs += [
                cref_of(r) for r in await asyncio.gather(*(router.get(path) for _ in range(50)))
            ]
        await asyncio.to_thread(breakable.server.start)
        crefs += [cref_of(r) for r in await asyncio.gather(*(router.get(path) for _ in range(50)))]

        async def home() -> bool:
            return {str(click["id"]) for click in await shop.clicks()} == set(crefs)

        await eventually(home)
        figures = router.router.clicks.figures
        assert figures.lost == 0
        assert figures.journaled >= 150
    assert len(await shop.clicks()) == len(crefs)


async def test_a_file_that_cannot_be_read_keeps_no_other_from_home(
    databases: Databases, tmp_path: Path
) -> None:
    fresh = await databases.fresh()
    (tmp_path / "0-folder.clicks").mkdir()
    (tmp_path / "1-other.clicks").write_bytes(b"something else")
    journal, (one, two) = Journal(tmp_path, 10**6), (click(), click("\x00"))
    journal.append([one, two])
    journal.seal()
    async with router_on(fresh, tmp_path) as router:
        figures = router.router.drain.figures

        async def home() -> bool:
            return (figures.drained, figures.lost, figures.damaged) == (1, 1, 1)

        await eventually(home)
    connection = await fresh.connect()
    assert [row["id"] for row in await connection.fetch("select id from clicks")] == [one[1]]
    await connection.close()
    assert names(tmp_path)[:2] == ["0-folder.clicks", "1-other.damaged"]


async def test_a_database_that_hangs_costs_a_moment_and_no_click(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    blocker = await fresh.connect()
    async with running(fresh.urls.router, ROUTER_SLOW_FLUSH_MS="50") as router:
        async with blocker.transaction():
            await blocker.execute("lock table clicks in share row exclusive mode")
            crefs = {cref_of(await router.get(path)) for _ in range(20)}
            assert router.router.clicks.figures.journaled == 20

        async def home() -> bool:
            return {str(click["id"]) for click in await shop.clicks()} == crefs

        await eventually(home)
    await blocker.close()
    assert len(await shop.clicks()) == 20


@asynccontextmanager
async def router_on(fresh: Scratch, folder: Path, **environment: str) -> AsyncIterator[Running]:
    """With a folder that outlives it."""
    given = {
        "DATABASE_URL_ROUTER": fresh.urls.router,
        "SECRETS_ENCRYPTION_KEY": MASTER_KEY,
        "OPENPARTNER_TENANCY": "multi",
        "ROUTER_JOURNAL_DIR": str(folder),
    }
    settings = replace(read_settings(given | environment), port=0)
    async with serving(settings) as router:
        yield router


async def test_a_router_that_starts_without_a_database_serves_what_the_last_one_knew(
    breakable: Databases, tmp_path: Path
) -> None:
    fresh = await breakable.fresh()
    shop = await open_shop(fresh, "shop.example")
    known = await shop.link()
    async with router_on(fresh, tmp_path) as router:
        assert cref_of(await router.get(known))
        # Made after the directory was read: the snapshot has to be continued, not only written.
        late = await shop.link("https://deep.shop.example/")
        assert cref_of(await router.get(late))
    breakable.server.kill()
    async with router_on(fresh, tmp_path) as router:
        crefs = {cref_of(await router.get(known)), cref_of(await router.get(late))}
        sent = (await router.get(late)).headers["location"]
        assert sent.startswith("https://deep.shop.example/")
        unknown = await router.get(f"/r/{shop.slug}/unknown")
        assert unknown.status_code == 503
        assert unknown.headers["retry-after"] == "5"
    await asyncio.to_thread(breakable.server.start)
    # Another process, on the same volume, brings home what that one left.
    async with router_on(fresh, tmp_path) as router:

        async def home() -> bool:
            return crefs < {str(click["id"]) for click in await shop.clicks()}

        await eventually(home)
        assert (await router.get(f"/r/{shop.slug}/unknown")).status_code == 404
    assert len(await shop.clicks()) == 5
    assert read(tmp_path) == []
    assert Journal(tmp_path, 0).waiting() == []


async def test_fault_12_without_database_and_journal_visitors_go_on_and_the_loss_is_counted(
    breakable: Databases, tmp_path: Path
) -> None:
    fresh = await breakable.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    nowhere = tmp_path / "file"
    nowhere.touch()
    async with router_on(fresh, nowhere) as router:
        assert cref_of(await router.get(path))
        breakable.server.kill()
        for _ in range(3):
            assert cref_of(await router.get(path))
        assert router.router.clicks.figures.lost == 3
        assert "router_clicks_lost_total 3.0" in (await router.get("/metrics")).text
        # There is room again: from the next visit on nothing is lost, and nobody has to do anything.
        nowhere.unlink()
        crefs = {cref_of(await router.get(path)) for _ in range(2)}
        assert router.router.clicks.figures.journaled == 2
        await asyncio.to_thread(breakable.server.start)

        async def home() -> bool:
            return crefs < {str(click["id"]) for click in await shop.clicks()}

        await eventually(home)
        assert router.router.clicks.figures.lost == 3


async def test_a_snapshot_with_a_torn_end_is_used_up_to_there(
    databases: Databases, tmp_path: Path
) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    async with router_on(fresh, tmp_path) as router:
        assert cref_of(await router.get(path))
        snapshot = tmp_path / "links.jsonl"
        with snapshot.open("a") as file:
            file.write('["half a')
        links = router.router.links
        links.directory.drop_tenants([shop.tenant])
        links._remember()  # noqa: SLF001  # the same step as at a start
        assert links.find(shop.slug, path.rpartition("/")[2])


async def test_an_error_that_nobody_foresaw_sends_clicks_to_the_journal(
    router: Running, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await shop.link()
    before = router.router.clicks.figures.journaled

    async def broken(*_: object) -> int:
        raise RuntimeError("cannot switch to state 12")

    with monkeypatch.context() as patch:
        patch.setattr("router.clicks.insert", broken)
        cref = cref_of(await router.get(path))
    assert router.router.clicks.figures.journaled == before + 1

    async def home() -> bool:
        return cref in {str(click["id"]) for click in await shop.clicks()}

    await eventually(home)
