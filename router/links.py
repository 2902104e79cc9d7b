"""Keeps the directory true: everything at start, changes as they are announced, misses when asked."""

import asyncio
import json
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from router.clock import Clock
from router.directory import Directory, Link, Tenant
from router.domains import EVERY_DOMAIN, Domains
from router.postgres import (
    RETRY_SECONDS,
    TooStrongError,
    connect,
    refuse_powers,
)
from router.questions import ANNOUNCED, ASKED, CHANGED, EVERYTHING, RENEWED, RULES, VERSION
from router.snapshot import Snapshot
from shared.watched import Unavailable

log = structlog.get_logger("router.links")

READ_SECONDS = 5
HEARTBEAT_SECONDS = 2
CATCH_UP_SECONDS = 60
REFRESH_SECONDS = 60 * 60
# Of all time at most a hundredth goes into reading again, however large the directory.
SHARE = 100
CHUNK = 500
ABSENT_MAX = 10_000
ABSENT_SECONDS = 10

Found = tuple[Tenant, Link]


class UnknownNowError(Exception):
    """The link isn't known here, and the database that would know can't be asked."""


@dataclass(slots=True)
class Figures:
    """What was asked of the database, for metrics."""

    questions: int = 0
    refreshes: int = 0
    catch_ups: int = 0


class Links:
    """The directory, the connection that listens for its changes, and the questions to it."""

    def __init__(self, url: str, snapshot: Snapshot, domains: Domains) -> None:
        self._url = url
        self.domains = domains
        self._snapshot = snapshot
        self.directory = Directory()
        self.figures = Figures()
        self.clock = Clock()
        self.loaded = asyncio.Event()
        self.connected = False
        self._connection: asyncpg.Connection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._announced: set[tuple[str, UUID, UUID]] = set()
        self._version: str | None = None
        self._something = asyncio.Event()
        self._absent: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._asked: dict[tuple[str, str], asyncio.Future[Found | None]] = {}
        self._answering: asyncio.Task[None] | None = None
        self._round = 0
        self._next_refresh = 0.0
        self._next_catch_up = 0.0
        self._following: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Follow changes until closed; the task ends by itself only where going on would be wrong."""
        self._following = asyncio.create_task(self._follow())
        return self._following

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError, TooStrongError):
                await self._following
        self._snapshot.close()

    def find(self, slug: str, key: str) -> Found | None:
        """What memory knows: the only step on a known link's way."""
        return self.directory.find(slug, key)

    @property
    def remembered_strays(self) -> int:
        return len(self._absent)

    async def ask(self, slug: str, key: str) -> Found | None:
        """A link made a millisecond ago: one question for all who wait, and none for known strays."""
        name = (slug, key)
        if self._absent.get(name, 0) > monotonic():
            return None
        if name not in self._asked:
            self._asked[name] = asyncio.get_running_loop().create_future()
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer())
        return await asyncio.shield(self._asked[name])

    async def _answer(self) -> None:
        """While one question is on its way, the next ones gather, as clicks do."""
        while self._asked:
            asked, self._asked = self._asked, {}
            self.figures.questions += 1
            try:
                rows = await self._fetch(ASKED, [s for s, _ in asked], [k for _, k in asked])
            except (*Unavailable, UnknownNowError):
                for waiting in asked.values():
                    waiting.set_exception(UnknownNowError())
                    waiting.exception()  # Seen, also if whoever asked has gone away.
                continue
            self._take(rows)
            for name, waiting in asked.items():
                found = self.find(*name)
                if found is None:
                    self._note_absent(name)
                waiting.set_result(found)

    def _note_absent(self, name: tuple[str, str]) -> None:
        if len(self._absent) >= ABSENT_MAX:
            self._absent.popitem(last=False)
        self._absent[name] = monotonic() + ABSENT_SECONDS

    async def _fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        async with self._one_at_a_time:
            if self._connection is None:
                raise UnknownNowError
            return list(await self._connection.fetch(sql, *args, timeout=READ_SECONDS))

    async def _follow(self) -> None:
        """For ever: connect, listen, read everything, apply what is announced; on loss begin again."""
        failures = 0
        while True:
            try:
                await self._connect()
                failures = 0
                await self._apply_announcements()
            except Unavailable as error:
                if failures == 0:
                    log.warning("no connection for links", error=repr(error))
                if not self.loaded.is_set():
                    self._remember()
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            finally:
                self.connected = False
                connection, self._connection = self._connection, None
                if connection is not None:
                    connection.terminate()

    def _remember(self) -> None:
        """Started while the database is down: serve what the last one knew."""
        for tenant_id, stored in self._snapshot.rules().items():
            self.directory.put_rules(UUID(tenant_id), stored)
        self.domains.remember()
        for row in self._snapshot.rows():
            self.directory.put(row)
        if len(self.directory):
            log.warning("links come from the snapshot on disk", links=len(self.directory))
            self.loaded.set()

    async def _connect(self) -> None:
        connection = await connect(self._url, "openpartner-router-links")
        self._connection = connection
        await refuse_powers(connection)
        # Listening first: what changes while everything is read is read again afterwards.
        await connection.add_listener("links", self._hear)
        connection.add_termination_listener(self._lose)
        self.connected = True
        await self._read_rules()
        self.domains.take(await self._fetch(EVERY_DOMAIN))
        if monotonic() < self._next_refresh:
            await self._catch_up()
        else:
            await self._read_everything()
        self.loaded.set()

    async def _read_rules(self) -> None:
        """Few tenants set any, so whatever changed, all are read."""
        stored = {str(row["tenant_id"]): row["rules"] for row in await self._fetch(RULES)}
        for tenant_id, rules in stored.items():
            self.directory.put_rules(UUID(tenant_id), rules)
        self._snapshot.keep_rules(stored)

    async def _read_everything(self) -> None:
        started = monotonic()
        self._round += 1
        self.figures.refreshes += 1
        # A connection of its own, so that announcements and questions needn't wait behind it.
        reader = await connect(self._url, "openpartner-router-refresh")
        self._snapshot.begin()
        try:
            self._version = await reader.fetchval(VERSION)
            await self._read_rows(reader)
            await asyncio.to_thread(self._snapshot.finish)
        finally:
            self._snapshot.abandon()
            reader.terminate()
        self.directory.drop_unseen(self._round)
        now, took = monotonic(), monotonic() - started
        self._next_refresh = now + max(REFRESH_SECONDS, took * SHARE)
        self._next_catch_up = now + CATCH_UP_SECONDS
        log.debug("read the link directory", links=len(self.directory), seconds=round(took, 3))

    async def _read_rows(self, reader: asyncpg.Connection) -> None:
        """What is announced meanwhile is applied meanwhile; rows read before it come too late then."""
        fresh: set[UUID] = set()
        async with reader.transaction(readonly=True):
            cursor = await reader.cursor(EVERYTHING)
            while rows := await cursor.fetch(CHUNK):
                if self._announced:
                    fresh |= {row_id for table, _, row_id in self._announced if table in ANNOUNCED}
                    await self._apply_announced()
                for row in rows:
                    if fresh and not fresh.isdisjoint(row[name] for name in ANNOUNCED.values()):
                        continue
                    self.directory.put(row, self._round)
                    self._snapshot.add(row)

    async def _catch_up(self) -> None:
        """Everything that was announced while nobody listened, and whatever else was missed."""
        started = monotonic()
        self.figures.catch_ups += 1
        version = await self._fetch(VERSION)
        self._take(await self._fetch(CHANGED, self._version))
        await self._read_rules()
        self.domains.take(await self._fetch(EVERY_DOMAIN))
        self._version = version[0][0]
        took = monotonic() - started
        self._next_catch_up = monotonic() + max(CATCH_UP_SECONDS, took * SHARE)

    def _hear(self, _: Any, __: int, ___: str, payload: str) -> None:
        try:
            change = json.loads(payload)
            self._announced.add((change["table"], UUID(change["tenant"]), UUID(change["id"])))
        except (ValueError, KeyError, TypeError):
            log.warning("an announcement can't be read", payload=payload[:200])
        self._absent.clear()
        self._something.set()

    def _lose(self, _: Any) -> None:
        self.connected = False
        self._absent.clear()  # From now on, what didn't exist may.
        self._something.set()

    async def _apply_announcements(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._something.wait()
            if not self.connected:
                raise ConnectionError("the listening connection is gone")
            self._something.clear()
            announced = await self._apply_announced()
            if monotonic() >= self._next_refresh:
                await self._read_everything()
            elif monotonic() >= self._next_catch_up:
                await self._catch_up()
            elif not announced:
                # A server that vanished without a word would otherwise go unnoticed for hours.
                await self.clock.compare(self._fetch)

    async def _apply_announced(self) -> bool:
        """Read again what was announced; whether that was anything."""
        announced, self._announced = self._announced, set()
        for table, column in ANNOUNCED.items():
            changed = [(tenant, row_id) for name, tenant, row_id in announced if name == table]
            if changed:
                await self._renew(column, changed)
        if any(table == "settings" for table, _, _ in announced):
            await self._read_rules()
        if any(table == "domains" for table, _, _ in announced):
            self.domains.take(await self._fetch(EVERY_DOMAIN))
        return bool(announced)

    async def _renew(self, column: str, changed: list[tuple[UUID, UUID]]) -> None:
        tenants, ids = zip(*changed, strict=True)
        rows = await self._fetch(RENEWED.format(column), set(tenants), ids)
        self._take(rows)
        if column == "tenant_id":
            self.directory.drop_tenants(set(tenants) - {row["tenant_id"] for row in rows})

    def _take(self, rows: list[asyncpg.Record]) -> None:
        for row in rows:
            self.directory.put(row, self._round)
        if rows:
            self._snapshot.append(rows)
