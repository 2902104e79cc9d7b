"""Connections to a database that vanished: each end watches the other, and what broke is replaced."""

import socket

import asyncpg
from sqlalchemy import text

from router.postgres import connect
from shared.database import open_database
from shared.watched import SILENT_SECONDS, watch
from tests.support.databases import Scratch
from tests.support.waiting import until

ASKED_BY_CLIENT = "select source from pg_settings where name = 'tcp_user_timeout'"


def test_a_silent_line_breaks_within_seconds() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as end:
        watch(end)
        said = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert said == SILENT_SECONDS * 1000
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < SILENT_SECONDS


async def test_the_server_is_asked_to_watch_its_end_too(scratch: Scratch) -> None:
    database = open_database(scratch.urls.app, pool=1)
    async with database.unpinned_session() as session:
        assert await session.scalar(text(ASKED_BY_CLIENT)) == "client"
    await database.close()
    router = await connect(scratch.urls.router.replace("+asyncpg", ""), "test")
    assert await router.fetchval(ASKED_BY_CLIENT) == "client"
    await router.close()


async def test_what_broke_in_the_pool_is_replaced_before_anybody_meets_it(scratch: Scratch) -> None:
    database = open_database(scratch.urls.app, pool=1)
    async with database.unpinned_session() as session:
        raw = await (await session.connection()).get_raw_connection()
        driver = raw.driver_connection
        pid = await session.scalar(text("select pg_backend_pid()"))
    assert driver is not None
    superuser = await asyncpg.connect(scratch.superuser)
    await superuser.execute("select pg_terminate_backend($1)", pid)
    await superuser.close()

    async def is_closed() -> bool:
        return bool(driver.is_closed())

    await until(is_closed)
    async with database.unpinned_session() as session:
        assert await session.scalar(text("select pg_backend_pid()")) != pid
    await database.close()
