"""Makes our four database roles and our database, on any PostgreSQL from 15 on.

    urls = await make_roles(privileged_url, "openpartner", Passwords.of(folder))

None of the roles is a superuser, passes row security, or makes roles or databases. The owner
migrates; the app serves API and worker; the router appends clicks; the crosser can't log in and
owns the few functions that look across tenants. What tables each may touch is said where the
tables are made, in the migrations. The privileged user need only have CREATEROLE and CREATEDB,
as the administrators of managed servers do; what exists already is left as it is.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import URL

from cli.database_urls import for_driver, for_engine, parse, shown
from cli.errors import CommandError
from cli.secrets_file import SecretsFile

OWNER = "openpartner_owner"
APP = "openpartner_app"
ROUTER = "openpartner_router"
CROSSER = "openpartner_crosser"
OLDEST = 15
CONNECT_SECONDS = 10
_MEMBERSHIP_OPTIONS_SINCE = 16
_LOCK = 460147011
# Relations in our schema that belong neither to us nor to an extension.
_STRANGER = """
select relname from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
  and pg_get_userbyid(relowner) <> all ($1::text[])
  and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
limit 1
"""
_WEAK = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


@dataclass(frozen=True)
class Passwords:
    """One for each role that logs in."""

    owner: str
    app: str
    router: str

    @classmethod
    def of(cls, folder: Path) -> Self:
        """From the environment, and where it says nothing, from the folder's own secrets."""
        return cls(*(_password(folder, name) for name in ("owner", "app", "router")))


@dataclass(frozen=True)
class Urls:
    """Where each role finds the database, as SQLAlchemy reads it (`postgresql+asyncpg://…`)."""

    owner: str
    app: str
    router: str


async def make_roles(privileged_url: str, database: str, passwords: Passwords) -> Urls:
    """Makes what is missing, under a lock; raises CommandError with one sentence where it can't."""
    server = parse(privileged_url)
    try:
        admin = await _connect_somewhere(server)
        try:
            await _check_version(admin)
            # Two starts at once: the second waits here, and then finds everything made.
            await admin.execute("select pg_advisory_lock($1)", _LOCK)
            await _make_all(admin, server.set(database=database), passwords)
        finally:
            await admin.close(timeout=CONNECT_SECONDS)
    except asyncpg.InsufficientPrivilegeError as error:
        who = server.username or "the user of DATABASE_URL"
        message = f"{who} may not set up the database ({error}); it needs CREATEROLE and CREATEDB."
        raise CommandError(message) from error
    except asyncpg.PostgresError as error:
        raise CommandError(f"PostgreSQL refused to set up the database: {error}") from error
    logins = _logins(server.set(database=database), passwords)
    return Urls(*(for_engine(url) for url in logins.values()))


async def connect(url: URL) -> asyncpg.Connection:
    """A connection for one of our commands; one sentence when the server can't be reached."""
    try:
        return await asyncpg.connect(for_driver(url), timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        message = f"PostgreSQL at {shown(url)} didn't answer within {CONNECT_SECONDS} s."
        raise CommandError(f"{message} Check DATABASE_URL and the way there.") from error
    except OSError as error:
        message = f"PostgreSQL at {shown(url)} can't be reached ({error}); check DATABASE_URL."
        raise CommandError(message) from error
    except asyncpg.InterfaceError as error:
        raise CommandError(f"The URL of {shown(url)} can't be used: {error}") from error


async def _connect_somewhere(server: URL) -> asyncpg.Connection:
    """The database that the URL names may be the one we are to make; then from beside it."""
    try:
        return await connect(server)
    except asyncpg.InvalidCatalogNameError:
        return await connect(server.set(database="postgres"))


async def _check_version(admin: asyncpg.Connection) -> None:
    found = admin.get_server_version()
    if found.major < OLDEST:
        message = f"This PostgreSQL is {found.major}, and OpenPartner needs {OLDEST} or newer."
        raise CommandError(f"{message} Upgrade it, or unset DATABASE_URL to use the embedded one.")


async def _make_all(admin: asyncpg.Connection, target: URL, passwords: Passwords) -> None:
    logins = _logins(target, passwords)
    for role, url in logins.items():
        await _make_role(admin, role, url.password)
    await _make_role(admin, CROSSER, None)
    # SET alone: the owner may hand functions to the crosser, and yet see only what an owner sees.
    await _join(admin, CROSSER, OWNER, "INHERIT FALSE, SET TRUE")
    # Whoever makes a database for somebody must be able to act as them.
    await _join(admin, OWNER, await admin.fetchval("select current_user"), "INHERIT TRUE, SET TRUE")
    await _make_database(admin, target)
    for role, url in logins.items():
        await _check_login(admin, role, url)
    await _open_to_roles(logins[OWNER])


def _logins(target: URL, passwords: Passwords) -> dict[str, URL]:
    return {
        role: target.set(username=role, password=password)
        for role, password in (
            (OWNER, passwords.owner),
            (APP, passwords.app),
            (ROUTER, passwords.router),
        )
    }


async def _make_role(admin: asyncpg.Connection, role: str, password: Any | None) -> None:
    found = await admin.fetchrow("select * from pg_roles where rolname = $1", role)
    if found is None:
        login = "NOLOGIN" if password is None else await _password_clause(admin, password)
        await admin.execute(f"CREATE ROLE {role} {_WEAK} {login}")
        return
    rights = ("rolsuper", "rolcreatedb", "rolcreaterole", "rolreplication", "rolbypassrls")
    if any(found[right] for right in rights):
        await admin.execute(f"ALTER ROLE {role} {_WEAK}")


async def _password_clause(admin: asyncpg.Connection, password: Any) -> str:
    return f"LOGIN PASSWORD {await admin.fetchval('select quote_literal($1)', str(password))}"


async def _join(admin: asyncpg.Connection, group: str, member: str, options: str) -> None:
    """Makes `member` able to act as `group`; since 16 that is a right of its own, called SET."""
    detailed = admin.get_server_version().major >= _MEMBERSHIP_OPTIONS_SINCE
    right = "SET" if detailed else "MEMBER"
    if not await admin.fetchval("select pg_has_role($1, $2, $3)", member, group, right):
        quoted = await admin.fetchval("select quote_ident($1)", member)
        with_options = f" WITH {options}" if detailed else ""
        await admin.execute(f"GRANT {group} TO {quoted}{with_options}")


async def _make_database(admin: asyncpg.Connection, target: URL) -> None:
    owner = await admin.fetchval(
        "select pg_get_userbyid(datdba) from pg_database where datname = $1", target.database
    )
    name = await admin.fetchval("select quote_ident($1)", target.database)
    if owner is None:
        options = f"OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'"
        await admin.execute(f"CREATE DATABASE {name} {options}")
    elif owner != OWNER:
        await _take_over(admin, target, name)


async def _take_over(admin: asyncpg.Connection, target: URL, name: str) -> None:
    """A database that the administrator made for us; never one that others already fill."""
    there = await connect(target)
    try:
        if stranger := await there.fetchval(_STRANGER, [OWNER, CROSSER]):
            raise CommandError(
                f"The database {target.database} already holds {stranger}, which isn't ours; "
                "name an empty one in DATABASE_URL, or one that doesn't exist yet."
            )
    finally:
        await there.close(timeout=CONNECT_SECONDS)
    await admin.execute(f"ALTER DATABASE {name} OWNER TO {OWNER}")


async def _check_login(admin: asyncpg.Connection, role: str, url: URL) -> None:
    """A role made earlier, with another password, gets ours."""
    try:
        await (await connect(url)).close(timeout=CONNECT_SECONDS)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        clause = await _password_clause(admin, url.password)
        await admin.execute(f"ALTER ROLE {role} {clause}")
    except asyncpg.InsufficientPrivilegeError:
        return  # The password was right; that it may CONNECT is said further down.


async def _open_to_roles(owner: URL) -> None:
    """Shuts the database to everybody else; said by its owner, so it needs no administrator."""
    there = await connect(owner)
    try:
        name = await there.fetchval("select quote_ident($1)", owner.database)
        for statement in (
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {name} TO {APP}, {ROUTER}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {APP}, {ROUTER}",
            # Whoever is to own a function or view must have been able to make it there.
            f"GRANT USAGE, CREATE ON SCHEMA public TO {CROSSER}",
        ):
            await there.execute(statement)
    finally:
        await there.close(timeout=CONNECT_SECONDS)


def _password(folder: Path, name: str) -> str:
    given = os.environ.get(f"OPENPARTNER_{name.upper()}_DB_PASSWORD")
    return given or SecretsFile(folder).get_or_create(f"{name}_password")
