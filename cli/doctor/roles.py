"""Whether our four roles exist, are as weak as they should be, and can log in."""

from collections.abc import AsyncIterator

import asyncpg

from cli.doctor.finding import Finding, fail, ok
from cli.roles import APP, CROSSER, OWNER, ROUTER

AREA = "roles"
FIX = "Run `openpartner migrate` with DATABASE_URL set to an administrator; it makes them right."
POWERS = {
    "rolsuper": "is a superuser",
    "rolbypassrls": "passes row security",
    "rolcreaterole": "may make roles",
    "rolcreatedb": "may make databases",
    "rolreplication": "may replicate",
}
# Serving roles that could act as somebody who owns tables would own the walls between tenants.
BORROWED = """
select member, other from unnest($1::text[]) member, unnest($2::text[]) other
where exists (select from pg_roles where rolname = member)
  and exists (select from pg_roles where rolname = other)
  and pg_has_role(member, other, 'MEMBER')
"""
OWNED = """
select relname from pg_class where relnamespace = 'public'::regnamespace
  and relkind in ('r', 'p', 'v') and pg_get_userbyid(relowner) = any ($1::text[]) limit 1
"""


async def examine_roles(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """The catalogue shows this to everybody."""
    rows = await there.fetch(
        "select * from pg_roles where rolname = any ($1::text[])", [OWNER, APP, ROUTER, CROSSER]
    )
    found = {row["rolname"]: row for row in rows}
    sound = True
    for role in (OWNER, APP, ROUTER, CROSSER):
        for says in _faults(role, found.get(role)):
            sound = False
            yield fail(AREA, says, FIX)
    for row in await there.fetch(BORROWED, [APP, ROUTER], [OWNER, CROSSER]):
        sound = False
        fix = f"As an administrator: REVOKE {row['other']} FROM {row['member']}."
        yield fail(AREA, f"{row['member']} may act as {row['other']}.", fix)
    if table := await there.fetchval(OWNED, [APP, ROUTER]):
        sound = False
        fix = f"As an administrator: ALTER TABLE {table} OWNER TO {OWNER}."
        yield fail(AREA, f"A serving role owns {table}, and so its walls.", fix)
    if sound:
        yield ok(AREA, "All four exist, and none is stronger than it needs to be.")


def _faults(role: str, row: asyncpg.Record | None) -> list[str]:
    if row is None:
        return [f"{role} does not exist."]
    faults = [f"{role} {power}." for column, power in POWERS.items() if row[column]]
    if row["rolcanlogin"] is (role == CROSSER):
        faults.append(f"{role} {'may' if role == CROSSER else 'may not'} log in.")
    return faults
