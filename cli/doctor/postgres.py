"""Whether the database answers, is new enough, keeps the same time, and has our tables."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg

from api.features.health.migrations import newest_migration
from cli.doctor.finding import Finding, fail, ok, warn
from cli.roles import OLDEST

AREA = "database"
MIGRATE = "Run `openpartner migrate`."
# Sessions and leases go by the database's clock, so a difference disturbs people rather than data.
NOTICEABLE_SECONDS = 5.0
# Beyond this, signatures of services outside count as too old or too new.
HARMFUL_SECONDS = 300.0


def version_found(there: asyncpg.Connection) -> Finding:
    """The server said it when we came in, so nothing has to be asked of one that is too old."""
    version = there.get_server_version()
    if version.major < OLDEST:
        fix = f"Upgrade it to {OLDEST} or newer."
        return fail(AREA, f"PostgreSQL {version.major} is too old.", fix)
    return ok(AREA, f"PostgreSQL {version.major}.{version.micro} answers.")


async def examine_clock(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """By how much the two machines differ."""
    yield skew_found(await _skew(there))


async def examine_migrations(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """Whether tables and program belong together."""
    yield await _migration(there)


async def _skew(there: asyncpg.Connection) -> float:
    """Seconds by which our clock is ahead, give or take half the way there and back."""
    before = datetime.now(UTC)
    theirs: datetime = await there.fetchval("select clock_timestamp()")
    after = datetime.now(UTC)
    return (before + (after - before) / 2 - theirs).total_seconds()


def skew_found(seconds: float) -> Finding:
    """What such a difference means."""
    apart = f"This machine's clock is {seconds:+.1f} s from the database's"
    fix = "Let both machines keep time by NTP (chrony, systemd-timesyncd)."
    if abs(seconds) >= HARMFUL_SECONDS:
        return fail("clock", f"{apart}; signed messages are refused.", fix)
    if abs(seconds) >= NOTICEABLE_SECONDS:
        return warn("clock", f"{apart}.", fix)
    return ok("clock", "The database keeps the same time.")


async def _migration(there: asyncpg.Connection) -> Finding:
    wanted = newest_migration()
    try:
        found = await there.fetchval("select version_num from alembic_version")
    except asyncpg.UndefinedTableError:
        return fail("migrations", "The database has no tables of ours yet.", MIGRATE)
    except asyncpg.InsufficientPrivilegeError:
        return fail("migrations", "This role may not read which migration is the newest.", MIGRATE)
    if found == wanted:
        return ok("migrations", f"The tables are at {found}.")
    return fail(
        "migrations", f"The tables are at {found}, and this program wants {wanted}.", MIGRATE
    )
