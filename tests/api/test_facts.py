"""Facts: what happened is written once and never changed."""

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.support.brand import Brand
from tests.support.conversions import days_ago, promotion, report, visit


@pytest.mark.parametrize("table", ["clicks", "identities", "events"])
async def test_facts_are_never_changed_or_deleted(brand: Brand, table: str) -> None:
    await visit(brand, await promotion(brand), at=days_ago(1))
    await report(brand)
    url = make_url(brand.scratch.urls.app).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(f"set app.tenant_id = '{brand.tenant_id}'")
        count = f"select count(*) from {table}"  # noqa: S608 - a name of our own
        assert await connection.fetchval(count) == 1
        for change in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):  # noqa: S608 - a name of our own
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
    finally:
        await connection.close()
    # Not even by those who could grant themselves the right.
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await brand.execute(f"delete from {table} where tenant_id = $1", brand.tenant_id)  # noqa: S608 - a name of our own
