"""The walls between tenants, tried from both sides, and from above."""

from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from shared.database import open_database
from shared.ids import new_id
from tests.architecture.test_catalogue import PLATFORM
from tests.architecture.test_role_rights import APPEND_ONLY, plain
from tests.support.brand import Brand
from tests.support.conversions import commission
from tests.support.databases import Scratch

TENANTS_TABLES = """
select relname from pg_class where relnamespace = 'public'::regnamespace
    and relkind in ('r', 'p') and not relispartition
    and has_table_privilege('openpartner_app', oid, 'SELECT')
    and relname not in ('alembic_version', 'ticks', 'sealing_keys', 'unclaimed_stripe_events')
order by 1
"""
COUNT = "select count(*) from {}"
OWNERS = "select distinct {} as owner from {}"
PINNED = "select current_setting('app.tenant_id', true)"


A_CLICK = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)
values ($1, $2, now(), $3, $4, 'https://shop.example')
"""
AN_IDENTITY = """
insert into identities (tenant_id, id, click_id, click_ts, user_id)
values ($1, $2, $3, now(), 'customer')
"""
AN_EVENT = """
insert into events (tenant_id, id, user_id, type, currency, fingerprint, ts)
values ($1, $2, 'customer', 'signup', 'USD', '', now())
"""
A_PAYOUT = """
with partner as (
    insert into partners (tenant_id, id, email, name) values ($1, $2, 'fact@example.com', 'Fact')
), payout as (
    insert into payouts (tenant_id, id, partner_id, run_id, amount_minor, currency, method)
    values ($1, $2, $2, $2, 100, 'USD', 'manual')
)
insert into payout_steps (tenant_id, id, payout_id, actor, action)
values ($1, $2, $2, 'env', 'planned')
"""


A_REDEMPTION = """
with coupon as (
    insert into coupons (tenant_id, id, partner_id, campaign_id, code)
    values ($1, $2, $3, $4, 'WALL')
)
insert into coupon_redemptions (tenant_id, id, coupon_id, user_id, external_id, redeemed_at)
values ($1, $2, $2, 'customer', '1', now())
"""
A_REPRICING = """
insert into repricings
    (tenant_id, id, event_id, source_id, reason, partner_id, campaign_id, amount_minor, currency)
select $1, $2, id, id, 'replay', $3, $4, 1, 'USD' from events where tenant_id = $1
"""


async def facts(brand: Brand) -> None:
    """A row in each table that is written once."""
    campaign = UUID((await brand.campaign())["id"])
    partner = UUID((await brand.partner(campaignIds=[]))["id"])
    click = new_id()
    await brand.execute(A_CLICK, brand.tenant_id, click, new_id(), new_id())
    await brand.execute(AN_IDENTITY, brand.tenant_id, new_id(), click)
    await brand.execute(AN_EVENT, brand.tenant_id, new_id())
    for query in (A_REDEMPTION, A_REPRICING):
        await brand.execute(query, brand.tenant_id, new_id(), partner, campaign)
    await commission(brand)
    await corrected(brand)
    await brand.execute(A_PAYOUT, brand.tenant_id, new_id())


A_REFUND = """
insert into corrections (tenant_id, id, source, kind, key, status)
values ($1, $2, 'api', 'refund', 'r', 'succeeded')
"""


async def corrected(brand: Brand) -> None:
    """A refund, and names of its payment."""
    correction, event = new_id(), new_id()
    await brand.execute(A_REFUND, brand.tenant_id, correction)
    await brand.execute(AN_EVENT, brand.tenant_id, event)
    for table, named in (("correction_references", correction), ("payment_references", event)):
        query = f"insert into {table} values ($1, 'api', 'payment', $2)"  # noqa: S608  # names of our own
        await brand.execute(query, brand.tenant_id, named)


async def test_without_a_tenant_the_app_sees_no_row(brand: Brand, scratch: Scratch) -> None:
    await facts(brand)
    connection = await asyncpg.connect(plain(scratch.urls.app))
    try:
        tables = [row["relname"] for row in await connection.fetch(TENANTS_TABLES)]
        seen = {table: await connection.fetchval(COUNT.format(table)) for table in tables}
    finally:
        await connection.close()
    assert {"tenants", "campaigns", *APPEND_ONLY} <= set(tables)
    assert {table for table, rows in seen.items() if rows} == set()


async def test_a_pinned_app_sees_its_own_rows_alone(
    brand: Brand, other_brand: Brand, scratch: Scratch
) -> None:
    await facts(brand)
    await facts(other_brand)
    connection = await asyncpg.connect(plain(scratch.urls.app))
    try:
        await pin(connection, brand.tenant_id)
        for table in (row["relname"] for row in await connection.fetch(TENANTS_TABLES)):
            column = "id" if table == "tenants" else "tenant_id"
            if table in PLATFORM:
                assert await connection.fetchval(COUNT.format(table)) == 0, table
                continue
            owners = await connection.fetch(OWNERS.format(column, table))
            assert {row["owner"] for row in owners} <= {brand.tenant_id}, table
    finally:
        await connection.close()


async def test_a_row_can_neither_be_written_nor_moved_abroad(
    brand: Brand, other_brand: Brand, scratch: Scratch
) -> None:
    await brand.campaign()
    connection = await asyncpg.connect(plain(scratch.urls.app))
    try:
        await pin(connection, brand.tenant_id)
        for query in (
            "insert into settings (tenant_id, key, value) values ($1, 'x', '1')",
            "update campaigns set tenant_id = $1",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(query, other_brand.tenant_id)
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["owner", "superuser"])
@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("change", ["update {} set tenant_id = tenant_id", "delete from {}"])
async def test_raw_facts_never_change_whoever_asks(
    brand: Brand, scratch: Scratch, role: str, table: str, change: str
) -> None:
    await facts(brand)
    address = scratch.superuser if role == "superuser" else plain(scratch.urls.owner)
    connection = await asyncpg.connect(address)
    try:
        await pin(connection, brand.tenant_id)
        assert await connection.fetchval(COUNT.format(table)) > 0
        with pytest.raises(asyncpg.RaiseError, match=f"{table}.* is append-only"):
            await connection.execute(change.format(table))
    finally:
        await connection.close()


async def test_a_foreign_key_can_not_point_abroad(
    brand: Brand, other_brand: Brand, scratch: Scratch
) -> None:
    """Not even for the superuser, whom row security doesn't stop."""
    theirs = await other_brand.campaign()
    query = (
        "insert into terms (tenant_id, id, campaign_id, kind, percent)"
        " values ($1, $2, $3, 'percent', 20)"
    )
    for address in (scratch.superuser, plain(scratch.urls.owner), plain(scratch.urls.app)):
        connection = await asyncpg.connect(address)
        try:
            await pin(connection, brand.tenant_id)
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute(query, brand.tenant_id, new_id(), UUID(theirs["id"]))
        finally:
            await connection.close()


async def test_a_connection_comes_back_to_the_pool_without_a_tenant(
    brand: Brand, scratch: Scratch
) -> None:
    database = open_database(scratch.urls.app, pool=1)
    try:
        async with database.tenant_session(brand.tenant_id) as session:
            assert await session.scalar(text(PINNED)) == str(brand.tenant_id)
        async with database.unpinned_session() as session:
            assert not await session.scalar(text(PINNED))
            assert await session.scalar(text("select count(*) from tenants")) == 0
        async with database.engine.connect() as bare:
            assert not await bare.scalar(text(PINNED))
    finally:
        await database.close()


async def test_a_failed_transaction_leaves_no_tenant_behind(brand: Brand, scratch: Scratch) -> None:
    database = open_database(scratch.urls.app, pool=1)
    try:
        with pytest.raises(ZeroDivisionError):
            async with database.tenant_session(brand.tenant_id):
                raise ZeroDivisionError
        async with database.unpinned_session() as session:
            assert not await session.scalar(text(PINNED))
    finally:
        await database.close()


async def test_a_read_only_session_writes_nothing(brand: Brand, scratch: Scratch) -> None:
    database = open_database(scratch.urls.app, pool=1)
    try:
        with pytest.raises(Exception, match="read-only transaction"):
            async with database.tenant_session(brand.tenant_id, read_only=True) as session:
                await session.execute(text("delete from settings"))
        async with database.tenant_session(brand.tenant_id) as session:
            await session.execute(text("delete from settings"))
    finally:
        await database.close()


async def pin(connection: asyncpg.Connection, tenant: UUID) -> None:
    await connection.execute("select set_config('app.tenant_id', $1, false)", str(tenant))
