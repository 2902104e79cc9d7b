"""The four roles and the database: weak, made once, and made by administrators without power."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cli.database_urls import for_driver, parse
from cli.errors import CommandError
from cli.postgres import Postgres
from cli.roles import APP, CROSSER, OWNER, ROUTER, Passwords, Urls, make_roles
from tests.cli.old_server import old_server

PASSWORDS = Passwords("owner-secret", "app-secret", "router-secret")
DATABASE = "tried"


@pytest.fixture
async def superuser(server: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """The server as it was before anybody set it up."""
    there = await asyncpg.connect(server.url())
    for database in (DATABASE, "brought"):
        await there.execute(f"drop database if exists {database} with (force)")
    for role in (OWNER, APP, ROUTER, CROSSER, "dba"):
        await there.execute(f"drop role if exists {role}")
    yield there
    await there.close()


@pytest.fixture
async def dba(server: Postgres, superuser: asyncpg.Connection) -> str:
    """An administrator as managed servers have them: no superuser."""
    await superuser.execute("create role dba login createrole createdb password 'dba-secret'")
    url = parse(server.url()).set(username="dba", password="dba-secret")
    return for_driver(url)


async def run(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as there:
            for statement in statements:
                await there.execute(text(statement))
    finally:
        await engine.dispose()


async def fetch(url: str, query: str) -> object:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as there:
            found: object = (await there.execute(text(query))).scalar()
    finally:
        await engine.dispose()
    return found


@pytest.mark.usefixtures("superuser")
async def test_each_role_logs_in_by_its_url(server: Postgres) -> None:
    urls = await make_roles(server.url(), DATABASE, PASSWORDS)
    for url, role in ((urls.owner, OWNER), (urls.app, APP), (urls.router, ROUTER)):
        assert await fetch(url, "select current_user") == role


async def test_no_role_has_power(server: Postgres, superuser: asyncpg.Connection) -> None:
    await make_roles(server.url(), DATABASE, PASSWORDS)
    powerful = await superuser.fetch(
        "select rolname from pg_roles where rolname like 'openpartner%' and (rolsuper"
        " or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)"
    )
    assert powerful == []
    assert not await superuser.fetchval(
        "select rolcanlogin from pg_roles where rolname = $1", CROSSER
    )


async def test_power_given_later_is_taken_back(
    server: Postgres, superuser: asyncpg.Connection
) -> None:
    await make_roles(server.url(), DATABASE, PASSWORDS)
    await superuser.execute(f"alter role {APP} bypassrls createdb")
    await make_roles(server.url(), DATABASE, PASSWORDS)
    found = await superuser.fetchrow("select * from pg_roles where rolname = $1", APP)
    assert found is not None
    assert not found["rolbypassrls"]
    assert not found["rolcreatedb"]


@pytest.mark.usefixtures("superuser")
async def test_twenty_at_once_make_one_set(server: Postgres) -> None:
    made = await asyncio.gather(*(make_roles(server.url(), DATABASE, PASSWORDS) for _ in range(20)))
    assert len(set(made)) == 1


@pytest.mark.usefixtures("superuser")
async def test_the_owner_hands_over_to_the_crosser_and_sees_no_more_for_it(
    server: Postgres,
) -> None:
    urls = await make_roles(server.url(), DATABASE, PASSWORDS)
    await hand_over(urls)
    assert not await fetch(urls.owner, f"select pg_has_role('{CROSSER}', 'usage')")


async def hand_over(urls: Urls) -> None:
    await run(
        urls.owner,
        "create table things (name text)",
        "create function door() returns text language sql security definer"
        " as 'select current_user::text'",
        f"grant execute on function door() to {APP}",
        f"alter function door() owner to {CROSSER}",
        "create view shown as select 1 as one",
        f"alter view shown owner to {CROSSER}",
    )
    assert await fetch(urls.app, "select door()") == CROSSER
    # And back again, as a downgrade must.
    await run(urls.owner, "drop function door()", "drop view shown", "drop table things")


@pytest.mark.usefixtures("superuser")
@pytest.mark.parametrize("who", ["app", "router"])
async def test_serving_roles_make_nothing(server: Postgres, who: str) -> None:
    urls = await make_roles(server.url(), DATABASE, PASSWORDS)
    for statement in ("create table mine (a int)", "create schema mine", "create temp table t()"):
        with pytest.raises(Exception, match="permission denied"):
            await run(getattr(urls, who), statement)


async def test_strangers_cannot_connect(server: Postgres, superuser: asyncpg.Connection) -> None:
    await make_roles(server.url(), DATABASE, PASSWORDS)
    await superuser.execute("create role dba login password 'dba-secret'")
    stranger = parse(server.url()).set(username="dba", password="dba-secret", database=DATABASE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(for_driver(stranger))


async def test_an_administrator_without_superuser_is_enough(dba: str) -> None:
    urls = await make_roles(dba, DATABASE, PASSWORDS)
    assert await make_roles(dba, DATABASE, PASSWORDS) == urls
    await hand_over(urls)


async def test_such_an_administrators_own_database_is_taken_over(
    dba: str, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("create database brought owner dba")
    brought = for_driver(parse(dba).set(database="brought"))
    urls = await make_roles(brought, "brought", PASSWORDS)
    assert await make_roles(brought, "brought", PASSWORDS) == urls
    await hand_over(urls)


async def test_a_database_full_of_other_things_is_left_alone(
    server: Postgres, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("create database brought")
    theirs = parse(server.url()).set(database="brought")
    there = await asyncpg.connect(for_driver(theirs))
    await there.execute("create table invoices (a int)")
    await there.close()
    with pytest.raises(CommandError, match="already holds invoices"):
        await make_roles(for_driver(theirs), "brought", PASSWORDS)


async def test_a_user_without_the_rights_is_told_which(
    server: Postgres, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("create role dba login password 'dba-secret'")
    url = parse(server.url()).set(username="dba", password="dba-secret")
    with pytest.raises(CommandError, match="needs CREATEROLE and CREATEDB"):
        await make_roles(for_driver(url), DATABASE, PASSWORDS)


@pytest.mark.usefixtures("superuser")
async def test_roles_made_by_hand_need_no_administrator_at_all(server: Postgres) -> None:
    urls = await make_roles(server.url(), DATABASE, PASSWORDS)
    assert await make_roles(urls.owner, DATABASE, PASSWORDS) == urls


@pytest.mark.usefixtures("superuser")
async def test_a_new_password_takes_the_place_of_the_old(server: Postgres) -> None:
    await make_roles(server.url(), DATABASE, PASSWORDS)
    urls = await make_roles(server.url(), DATABASE, replace(PASSWORDS, app="it's new: 100%/@"))
    assert await fetch(urls.app, "select current_user") == APP


async def test_a_server_that_is_too_old_is_named() -> None:
    async with old_server("14.9") as url:
        with pytest.raises(CommandError, match="PostgreSQL is 14, and OpenPartner needs 15"):
            await make_roles(url, DATABASE, PASSWORDS)


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    url = "postgresql://admin:hunter2@127.0.0.1:1/db"
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:1 can't be reached") as caught:
        await make_roles(url, DATABASE, PASSWORDS)
    assert "hunter2" not in str(caught.value)


async def test_a_url_with_a_mode_that_is_none_is_one_sentence() -> None:
    with pytest.raises(CommandError, match="can't be used"):
        await make_roles("postgresql://admin@127.0.0.1/db?sslmode=maybe", DATABASE, PASSWORDS)
