"""No click is lost: what PostgreSQL can't take now waits on disk, whole, and comes home once."""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg.pgproto import pgproto
from hypothesis import given
from hypothesis import strategies as st

from router.insert import Click
from router.journal import MAGIC, Journal, JournalFullError, Segment, _decode, _encode
from router.settings import read_settings
from tests.router.running import MASTER_KEY, Running, cref_of, running, serving
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Databases, Scratch


def click(text: str = "Mozilla", number: int = 1) -> Click:
    def new_id() -> pgproto.UUID:
        return pgproto.UUID(uuid4().bytes)

    ids = (new_id(), new_id(), number, new_id(), new_id(), new_id())
    return (*ids, text, None, text, None, None, '{"utm_source":"x"}', None, None)


@pytest.mark.parametrize("width", [11, 14, 20])
def test_a_record_from_before_or_after_an_update_is_read_too(width: int) -> None:
    written = (*click()[:13], None, *("new",) * 6)[:width]
    read_again = _decode(_encode(written)[12:])
    assert read_again == (*written[:14], *(None,) * 3)[:14]


def read(folder: Path) -> list[Click]:
    """Everything that can be claimed and read, oldest first; files stay."""
    found: list[Click] = []
    for path in Journal(folder, 0).waiting():
        segment = Segment.claim(path)
        if segment is not None:
            found += [click for batch in segment.batches(2) for click in batch]
            segment.close()
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**6)
    clicks = [click("ä\u2028\U0001f600", number) for number in range(5)]
    journal.append(clicks[:2])
    journal.append(clicks[2:])
    assert read(tmp_path) == []  # Its lock is ours while we write.
    journal.seal()
    assert read(tmp_path) == clicks


def test_files_are_private(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new", 10**6)
    journal.append([click()])
    (path,) = journal.waiting()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    journal.seal()


@given(cut=st.integers(min_value=0))
def test_fault_12_a_torn_tail_costs_only_itself(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    journal = Journal(folder, 10**6)
    clicks = [click(number=number) for number in range(3)]
    ends = [len(MAGIC)]
    for one in clicks:
        journal.append([one])
        ends.append(journal.waiting_bytes())
    journal.seal()
    (path,) = journal.waiting()
    length = cut % (ends[-1] + 1)
    os.truncate(path, length)
    whole = sum(end <= length for end in ends[1:])
    segment = Segment.claim(path)
    assert segment is not None
    assert [one for batch in segment.batches(10) for one in batch] == clicks[:whole]
    assert not segment.is_damaged
    segment.remove()
    assert list(folder.iterdir()) == []


def test_a_damaged_record_is_never_believed_and_the_file_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 10**6)
    first, second, third = click(), click(), click()
    journal.append([first])
    good = journal.waiting_bytes()
    journal.append([second, third])
    journal.seal()
    (path,) = journal.waiting()
    data = bytearray(path.read_bytes())
    data[good + 20] ^= 1
    path.write_bytes(data)
    segment = Segment.claim(path)
    assert segment is not None
    assert [one for batch in segment.batches(10) for one in batch] == [first]
    segment.remove()
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".damaged"]


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_wrong_bit_anywhere_is_noticed_and_takes_no_file_away(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("bit")
    journal = Journal(folder, 10**6)
    clicks = [click(number=number) for number in range(3)]
    journal.append(clicks)
    journal.seal()
    (path,) = journal.waiting()
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)
    segment = Segment.claim(path)
    assert segment is not None
    found = [one for batch in segment.batches(10) for one in batch]
    assert found == clicks[: len(found)]
    assert segment.is_damaged
    segment.remove()
    assert [kept.suffix for kept in folder.iterdir()] == [".damaged"]


def test_a_file_that_another_process_takes_away_before_its_lock_gets_no_click(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who drains may look between the making of a file and its lock, and find it empty."""
    lock, rivals = fcntl.flock, iter([True, False])

    def lock_later(file: int, how: int) -> None:
        if how == fcntl.LOCK_EX and next(rivals):
            (empty,) = Journal(tmp_path, 0).waiting()
            rival = Segment.claim(empty)
            assert rival is not None
            assert list(rival.batches(10)) == []
            rival.remove()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", lock_later)
    journal, one = Journal(tmp_path, 10**6), click()
    journal.append([one])
    journal.seal()
    assert read(tmp_path) == [one]


def test_a_file_that_is_drained_while_sizes_are_added_up_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, 10**6)
    monkeypatch.setattr(journal, "waiting", lambda: [tmp_path / "gone.clicks"])
    assert journal.waiting_bytes() == 0
    journal.append([click()])
    journal.seal()


@pytest.mark.parametrize("content", [b"", b"OP", MAGIC, MAGIC + bytes(100), b"something else"])
def test_files_without_a_record_are_read_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.clicks").write_bytes(content)
    assert read(tmp_path) == []


def test_fault_12_what_a_full_disk_cut_off_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, 10**6)
    first, second = click(), click()
    journal.append([first])
    write, writes = os.write, iter([True, False])

    def short(file: int, data: bytes) -> int:
        """As a disk with a little space left does: some bytes, then none."""
        if next(writes):
            return write(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(OSError, match="No space"):
            journal.append([click()])
    journal.append([second])
    journal.seal()
    assert read(tmp_path) == [first, second]


def test_it_never_grows_beyond_its_bound(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2000)
    stored = 0
    with suppress(JournalFullError):
        while stored < 100:
            journal.append([click()])
            stored += 1
    assert 0 < stored < 100
    assert journal.waiting_bytes() <= 2000
    journal.seal()
    assert len(read(tmp_path)) == stored
    with pytest.raises(JournalFullError):
        journal.append([click("x" * 2000)])
    journal.seal()


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


async def test_without_database_and_journal_visitors_still_go_on_and_the_loss_is_counted(
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
