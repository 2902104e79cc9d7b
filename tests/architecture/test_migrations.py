"""Migrations go up, down and up again, agree with the models, and have one newest."""

import os
import subprocess
import sys

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory

from cli.roles import make_roles
from tests.support.databases import PASSWORDS, ROOT, Databases, Scratch, migrate

# Tables, columns, constraints, indexes, policies, triggers, functions and grants, in one text.
EVERYTHING = """
select string_agg(line, E'\\n' order by line) from (
    select format('%s %s %s %s', table_name, column_name, data_type, column_default) as line
        from information_schema.columns where table_schema = 'public'
    union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
        from pg_constraint where connamespace = 'public'::regnamespace
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select format('%s %s %s %s %s', tablename, policyname, roles, qual, with_check)
        from pg_policies
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select format('%s %s %s', pg_get_functiondef(oid), proowner::regrole, proacl)
        from pg_proc where pronamespace = 'public'::regnamespace
    union all select format('%s %s %s %s', relname, relowner::regrole, relacl, relrowsecurity)
        from pg_class where relnamespace = 'public'::regnamespace
) as lines
"""


async def described(scratch: Scratch) -> str:
    connection = await scratch.connect()
    try:
        text: str = await connection.fetchval(EVERYTHING)
    finally:
        await connection.close()
    return text


async def test_migrations_go_up_down_and_up_again(databases: Databases) -> None:
    scratch = await databases.fresh()
    before = await described(scratch)
    migrate(scratch.urls.owner, "base", "downgrade")
    emptied = await described(scratch)
    assert emptied.count("create") == 0, emptied
    migrate(scratch.urls.owner)
    assert await described(scratch) == before


def test_the_models_say_what_the_migrations_made(scratch: Scratch) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "alembic", "check"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL_OWNER": scratch.urls.owner},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, "No new upgrade operations" in checked.stdout) == (0, True), (
        checked.stdout + checked.stderr
    )


def test_there_is_one_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    assert len(scripts.get_heads()) == 1


async def test_migrations_need_no_more_than_the_owner(databases: Databases) -> None:
    """The owner role can't make roles, databases or extensions, nor see through row security."""
    await databases.fresh()
    connection = await asyncpg.connect(databases.server.url())
    try:
        await connection.execute("drop database if exists plain with (force)")
        urls = await make_roles(databases.server.url(), "plain", PASSWORDS)
        migrate(urls.owner)
        rights = await connection.fetchrow(
            "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles"
            " where rolname = 'openpartner_owner'"
        )
    finally:
        await connection.close()
    assert tuple(rights) == (False, False, False, False)
