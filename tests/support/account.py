"""The end of a workspace, as somebody asks for it, and all that there is to lose."""

from typing import Any

import httpx2

from tests.support.brand import Brand

# Every table of a tenant's, from the catalogue.
TABLES = """
select c.relname as name from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
order by 1
"""


async def ask(brand: Brand, **changes: Any) -> httpx2.Response:
    return await brand.post("/account/delete", {"confirmSlug": brand.slug, **changes})


async def wait(brand: Brand, days: float) -> None:
    """As if so many days had passed since the deletion was asked for."""
    await brand.execute(
        "update tenants set pending_deletion_at = now() - make_interval(secs => $2) where id = $1",
        brand.tenant_id, days * 86400,
    )  # fmt: skip


async def everything(brand: Brand) -> dict[str, list[str]]:
    """All that is stored of a brand's, as text."""
    connection = await brand.scratch.connect()
    try:
        tables = [row["name"] for row in await connection.fetch(TABLES)]
        found = {
            table: [
                row["line"]
                for row in await connection.fetch(
                    f"select t::text as line from {table} t where tenant_id = $1 order by 1",  # noqa: S608  # a name from the catalogue
                    brand.tenant_id,
                )
            ]
            for table in tables
        }
        own = "select t::text as line from tenants t where id = $1"
        rows = await connection.fetch(own, brand.tenant_id)
        return {**found, "tenants": [row["line"] for row in rows]}
    finally:
        await connection.close()
