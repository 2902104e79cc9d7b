"""Refuses to run with more rights than the work needs: row security means nothing to a superuser."""

from sqlalchemy import text

from shared.database import Database

STRENGTH = text(
    """
    select current_user::text as name, r.rolsuper, r.rolbypassrls,
        exists (select from pg_class c join pg_roles o on o.oid = c.relowner
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                    and pg_has_role(current_user, o.oid, 'USAGE')) as owns_tables
    from pg_roles r where r.rolname = current_user
    """
)


class RoleTooStrong(Exception):
    """The database role could see through the walls between tenants."""


async def refuse_stronger_role(database: Database) -> None:
    """Raises RoleTooStrong for a superuser, a role with BYPASSRLS, or an owner of our tables."""
    async with database.unpinned_session() as session:
        role = (await session.execute(STRENGTH)).one()
    if role.rolsuper or role.rolbypassrls or role.owns_tables:
        raise RoleTooStrong(
            f"DATABASE_URL_APP connects as {role.name}, which could see through the walls between"
            " tenants; connect as openpartner_app (run `openpartner doctor`)"
        )
