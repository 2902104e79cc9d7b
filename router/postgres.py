"""How the router reaches PostgreSQL, and why it refuses to as anyone but the role made for it."""

import asyncpg

from shared.watched import SERVER_SETTINGS, WatchedConnection

CONNECT_SECONDS = 5

RETRY_SECONDS = (0.1, 0.2, 0.5, 1, 2)

# One row per power that an append-only role must not have.
POWERS = """
select power from (
    select 'is a superuser' as power from pg_roles where rolname = current_user and rolsuper
    union all
    select 'bypasses row security' from pg_roles where rolname = current_user and rolbypassrls
    union all
    select 'may create roles' from pg_roles where rolname = current_user and rolcreaterole
    union all
    select 'is a member of ' || r.rolname from pg_roles r
    where r.rolname <> current_user and pg_has_role(current_user, r.oid, 'member')
    union all
    select 'may ' || lower(action) || ' ' || c.relname
    from pg_class c, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as action
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
        and has_any_column_privilege(c.oid, case action when 'DELETE' then 'UPDATE' else action end)
        and not (c.relname in ('link_directory', 'domain_directory', 'tenant_rules') and action = 'SELECT')
        and not (c.relname = 'clicks' and action = 'INSERT')
) as powers order by power
"""


class TooStrongError(Exception):
    """The role may do more than append clicks and read the link directory."""


async def connect(url: str, application: str) -> asyncpg.Connection:
    """A connection of our own, outside any pool: resetting a pooled one costs a round trip."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        connection_class=WatchedConnection,
        server_settings=SERVER_SETTINGS | {"application_name": application, "timezone": "UTC"},
    )


async def refuse_powers(connection: asyncpg.Connection) -> None:
    """Raise TooStrongError when this role could do harm beyond its two rights."""
    powers = [row["power"] for row in await connection.fetch(POWERS)]
    if powers:
        role = await connection.fetchval("select current_user")
        more = f" and {len(powers) - 3} more" if len(powers) > 3 else ""  # noqa: PLR2004  # three tell enough
        raise TooStrongError(
            f"DATABASE_URL_ROUTER connects as {role}, which {', '.join(powers[:3])}{more};"
            " the router must connect as openpartner_router, which may only append clicks."
        )
