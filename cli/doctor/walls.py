"""Whether the walls between tenants stand, and whether clicks of coming months have a place."""

from collections.abc import AsyncIterator

import asyncpg

from cli.doctor.finding import Finding, fail, ok, warn

AREA = "walls"
# Every table with a tenant in it, the tenants themselves, and every month of clicks.
OPEN_TABLES = """
select c.relname, c.relrowsecurity and c.relforcerowsecurity as forced,
    c.relispartition or exists (
        select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_isolation'
    ) as guarded
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and (c.relname = 'tenants' or exists (
      select from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
order by 1
"""
# A second policy for the app, or for everybody, would let rows through beside the first. Tables of
# no tenant have one of their own, which opens to the platform, or while no tenant is pinned.
SIDE_DOORS = """
select p.polname, c.relname from pg_policy p join pg_class c on c.oid = p.polrelid
where c.relnamespace = 'public'::regnamespace and p.polpermissive and p.polname <> 'tenant_isolation'
  and (p.polroles @> '{0}' or p.polroles && array(
      select oid from pg_roles where rolname = 'openpartner_app'))
  and (exists (
      select from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    or pg_get_expr(p.polqual, p.polrelid) not in (
      '(( SELECT current_setting(''app.platform''::text, true) AS current_setting) = ''on''::text)',
      '(( SELECT NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text) AS "nullif")'
          ' IS NULL)'))
"""
MONTHS = """
select to_char(month, 'YYYY_MM') as name,
    to_regclass('public.clicks_' || to_char(month, 'YYYY_MM')) is not null as made
from generate_series(date_trunc('month', now()), now() + interval '2 months', '1 month') month
"""
ASTRAY = "select coalesce(n_live_tup, 0) from pg_stat_user_tables where relname = 'clicks_default'"


async def examine_walls(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """The catalogue shows this to everybody."""
    tables = await there.fetch(OPEN_TABLES)
    holes = [row["relname"] for row in tables if not row["forced"]]
    shut = [row["relname"] for row in tables if row["forced"] and not row["guarded"]]
    doors = await there.fetch(SIDE_DOORS)
    for table in holes:
        fix = f"As the owner: ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY."
        says = f"{table} does not force row security: tenants could see each other's rows."
        yield fail(AREA, says, fix)
    for table in shut:
        fix = "Restore the policy tenant_isolation from the migrations."
        yield fail(AREA, f"{table} lacks its policy: no tenant sees a row.", fix)
    for row in doors:
        fix = f"As the owner: DROP POLICY {row['polname']} ON {row['relname']}."
        says = (
            f"{row['relname']} has the policy {row['polname']}, which shows more than one tenant's."
        )
        yield fail(AREA, says, fix)
    if not tables:
        yield fail(AREA, "There are no tables to look at.", "Run `openpartner migrate`.")
    elif not (holes or shut or doors):
        yield ok(AREA, f"Row security is forced on all {len(tables)} tables of tenants.")


async def examine_partitions(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """The worker makes them ahead; without one, clicks fall into the default partition."""
    missing = [row["name"] for row in await there.fetch(MONTHS) if not row["made"]]
    fix = "Run the worker, or as openpartner_app: SELECT make_click_partitions(3)."
    if missing:
        months = ", ".join(missing)
        yield warn("partitions", f"Clicks of {months} have no partition yet.", fix)
    if astray := await there.fetchval(ASTRAY):
        says = f"About {astray} clicks are in clicks_default, outside any month's partition."
        yield warn("partitions", says, "Move them before a partition for their month is made.")
    if not missing and not astray:
        yield ok("partitions", "Clicks of the coming months have their place.")
