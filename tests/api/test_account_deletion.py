"""After thirty days a workspace is gone: all of it, nothing else, and not a day before."""

import asyncio

import asyncpg
import pytest

from api.jobs.job import CHORES
from shared.models.tenant import DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG
from tests.conftest import Install
from tests.support.account import TABLES, ask, everything, wait
from tests.support.brand import Brand
from tests.support.bundles import ADMIN_KEY
from tests.support.databases import Scratch
from tests.support.estate import furnish
from tests.support.refusals import refusal
from tests.support.working import Worker

CANCEL = """
select pg_cancel_backend(pid) as canceled from pg_stat_activity
where query like 'select delete_expired_tenant%' and wait_event_type = 'Lock'
"""


async def test_r11_after_the_grace_nothing_is_left_and_nobody_else_lost_a_row(
    brand: Brand, other_brand: Brand, worker: Worker
) -> None:
    for one in (brand, other_brand):
        await furnish(one)
        await one.made("/partners", {"email": "invited@example.com", "name": "Ida"})
    theirs = await everything(other_brand)
    assert {"clicks", "events", "commissions", "jobs", "audit_entries", "settings"} <= {
        table for table, found in (await everything(brand)).items() if found
    }
    await ask(brand, forceDespiteObligations=True)
    await wait(brand, 29.999)
    assert await worker.act("tenant-hard-delete") == 0
    assert (await everything(brand))["partners"] != []
    await wait(brand, 30.001)
    assert await worker.act("tenant-hard-delete") == 0
    assert {table for table, found in (await everything(brand)).items() if found} == set()
    assert await everything(other_brand) == theirs
    assert refusal(await brand.get("/partners")) == (401, "unauthorized")
    by_slug = await brand.get(f"/t/{brand.slug}/partners", headers={})
    assert refusal(by_slug) == (410, "tenant_deleted")
    assert await worker.act("tenant-hard-delete") == 0


async def test_what_anybody_may_call_says_gone_also_where_the_name_is_still_remembered(
    brand: Brand, worker: Worker
) -> None:
    page = f"/api/t/{brand.slug}/branding"
    assert (await brand.http.get(page)).status_code == 200
    await ask(brand)
    await wait(brand, 31)
    assert await worker.act("tenant-hard-delete") == 0
    assert refusal(await brand.http.get(page)) == (410, "tenant_deleted")
    form = {"email": "late@example.com", "name": "Late"}
    asked = await brand.http.post(f"/api/t/{brand.slug}/partner-signup", json=form)
    assert refusal(asked) == (410, "tenant_deleted")


async def test_who_was_restored_stays(brand: Brand, worker: Worker) -> None:
    await brand.partner()
    await ask(brand)
    await wait(brand, 31)
    assert (await brand.post("/account/restore")).status_code == 200
    assert await worker.act("tenant-hard-delete") == 0
    assert len((await brand.get("/partners")).json()["partners"]) == 1


async def test_one_that_cannot_be_deleted_keeps_no_other_from_it(
    brand: Brand, other_brand: Brand, worker: Worker
) -> None:
    """Somebody holds a row of the first; the second goes all the same, and the first the next night."""
    for one in (brand, other_brand):
        await one.partner()
        await ask(one)
        await wait(one, 31)
    holder = await brand.scratch.connect()
    try:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select 1 from tenants where id = $1 for update", brand.tenant_id)
        acting = asyncio.create_task(worker.act("tenant-hard-delete"))
        while not await brand.fetch(CANCEL):  # noqa: ASYNC110  # only PostgreSQL knows that it waits
            await asyncio.sleep(0.01)
        assert await acting == 1
        await transaction.rollback()
    finally:
        await holder.close()
    assert (await everything(other_brand))["partners"] == []
    assert (await everything(brand))["partners"] != []
    assert await worker.act("tenant-hard-delete") == 0
    assert (await everything(brand))["partners"] == []


async def test_the_installations_own_workspace_is_empty_as_on_its_first_day(
    empty_install: Install,
) -> None:
    http, scratch, settings = await empty_install(admin_api_key=ADMIN_KEY)
    only = Brand(http, scratch, DEFAULT_TENANT_ID, DEFAULT_TENANT_SLUG, ADMIN_KEY)
    first_day = await everything(only)
    await only.partner()
    await ask(only)
    assert refusal(await only.get("/partners")) == (410, "tenant_pending_deletion")
    await wait(only, 31)
    async with Worker.at(settings) as worker:
        assert await worker.act("tenant-hard-delete") == 0
    last_day = await everything(only)
    assert {table for table, found in last_day.items() if found} == {"tenants"}
    assert len(last_day["tenants"]) == len(first_day["tenants"]) == 1
    assert (await only.partner())["email"]


async def test_the_database_deletes_nobody_before_their_time(
    brand: Brand, scratch: Scratch
) -> None:
    """Not even when the application asks for it."""
    app = await asyncpg.connect(scratch.urls.app.replace("+asyncpg", ""))
    try:
        for days in (None, 0.0, 29.9):
            if days is not None:
                await wait(brand, days)
            with pytest.raises(asyncpg.RaiseError, match=r"grace of tenant .* is not over"):
                await app.execute(f"select delete_expired_tenant('{brand.tenant_id}')")
        assert await app.fetchval("select current_setting('app.tenant_id', true)") in {None, ""}
    finally:
        await app.close()


async def test_no_table_can_be_forgotten(scratch: Scratch) -> None:
    """The tables come from the catalogue, so all that a new one needs is the right to be emptied."""
    connection = await scratch.connect()
    try:
        tables = [row["name"] for row in await connection.fetch(TABLES)]
        right = "select has_table_privilege('openpartner_crosser', $1, 'DELETE')"
        kept = [table for table in tables if not await connection.fetchval(right, table)]
    finally:
        await connection.close()
    assert len(tables) > 20
    assert kept == []


def test_it_runs_every_night() -> None:
    chore = CHORES["tenant-hard-delete"]
    assert (chore.cron, chore.per_tenant) == ("0 4 * * *", False)
