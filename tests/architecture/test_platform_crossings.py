"""What the doors of the platform tell: of sessions, domains, workspaces and brands, and only to it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.ids import new_id
from shared.tokens import new_token
from tests.architecture.test_role_rights import plain
from tests.support.brand import Brand
from tests.support.databases import Scratch
from tests.support.people import add_admin


@pytest.fixture
async def stranger(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    """The app, before any tenant is known."""
    connection = await asyncpg.connect(plain(scratch.urls.app))
    yield connection
    await connection.close()


@pytest.fixture
async def platform(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    """The app, pinned to the platform."""
    connection = await asyncpg.connect(plain(scratch.urls.app))
    await connection.execute("select set_config('app.platform', 'on', false)")
    yield connection
    await connection.close()


async def test_tenant_of_session_tells_whose_a_live_session_is(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    token = new_token("ops_")
    await brand.execute(
        "insert into sessions (tenant_id, id, digest, principal_kind, principal_id, expires_at)"
        " values ($1, $2, $3, 'admin', $2, now() + interval '1 day')",
        brand.tenant_id, new_id(), token.digest,
    )  # fmt: skip
    query = "select tenant_of_session($1)"
    assert await stranger.fetchval(query, token.digest) == brand.tenant_id
    assert await stranger.fetchval(query, "guess") is None
    ended = "update sessions set {} where tenant_id = $1"
    await brand.execute(ended.format("revoked_at = now()"), brand.tenant_id)
    assert await stranger.fetchval(query, token.digest) is None
    await brand.execute(ended.format("revoked_at = null, expires_at = now()"), brand.tenant_id)
    assert await stranger.fetchval(query, token.digest) is None


async def test_tenant_of_domain_tells_who_proved_a_host_name(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    host = f"{brand.slug}.example"
    await brand.execute(
        "insert into domains (tenant_id, id, host, purpose, token) values ($1, $2, $3, 'links', '')",
        brand.tenant_id, new_id(), host,
    )  # fmt: skip
    query = "select * from tenant_of_domain($1)"
    assert await stranger.fetch(query, host) == []
    await brand.execute("update domains set verified_at = now() where host = $1", host)
    [row] = await stranger.fetch(query, host)
    told = {"tenant_id": brand.tenant_id, "slug": brand.slug, "purpose": "links"}
    assert dict(row) == told


async def test_workspaces_of_tells_the_platform_alone_what_an_address_runs(
    stranger: asyncpg.Connection,
    platform: asyncpg.Connection,
    brand: Brand,
    other_brand: Brand,
) -> None:
    admin, email = await add_admin(brand)
    await brand.execute(
        "insert into admins (tenant_id, id, email, name, revoked_at)"
        " values ($1, $2, $3, 'Ada', now())",
        other_brand.tenant_id, new_id(), email,
    )  # fmt: skip
    query = "select * from workspaces_of($1)"
    assert await stranger.fetch(query, email) == []
    [row] = await platform.fetch(query, email)
    assert dict(row) == {
        "tenant_id": brand.tenant_id, "slug": brand.slug, "display_name": brand.slug.title(),
        "pending_deletion": False, "admin_id": admin, "activated": True,
    }  # fmt: skip
    await brand.execute("update tenants set status = 'suspended' where id = $1", brand.tenant_id)
    assert await platform.fetch(query, email) == []


async def test_find_brands_tells_the_platform_alone_which_brands_there_are(
    stranger: asyncpg.Connection, platform: asyncpg.Connection, brand: Brand
) -> None:
    _, email = await add_admin(brand)
    query = "select * from find_brands($1, $2, null, 10)"
    for wanted in (brand.slug, str(brand.tenant_id), email, brand.slug[-9:]):
        assert await stranger.fetch(query, None, wanted) == []
        [row] = await platform.fetch(query, None, wanted)
        assert row["id"] == brand.tenant_id
    assert set(row.keys()) == {
        "id", "slug", "display_name", "status", "approval_status", "created_at", "suspended_at",
        "pending_deletion_at",
    }  # fmt: skip
    assert await platform.fetch(query, "suspended", brand.slug) == []
    assert len(await platform.fetch(query, "active", brand.slug)) == 1


async def test_s5_no_brand_sees_or_writes_what_is_the_platforms(
    platform: asyncpg.Connection, brand: Brand, scratch: Scratch
) -> None:
    """Neither a request of a brand's nor one of nobody's; and the platform sees no brand's rows."""
    await brand.execute(
        "insert into operators (id, email, name, role) values ($1, $2, 'Olga', 'admin')",
        new_id(), f"{brand.slug}@platform.example",
    )  # fmt: skip
    app = await asyncpg.connect(plain(scratch.urls.app))
    try:
        for pinned in ("", str(brand.tenant_id)):
            await app.execute("select set_config('app.tenant_id', $1, false)", pinned)
            assert await app.fetch("select * from operators") == []
            assert await app.fetchval("delete from operators returning id") is None
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await app.execute(
                    "insert into operators (id, email, name, role)"
                    " values (gen_random_uuid(), 'eve@example.com', 'Eve', 'admin')"
                )
    finally:
        await app.close()
    assert await platform.fetchval("select count(*) from operators") > 0
    assert await platform.fetchval("select count(*) from tenants") == 0


@pytest.mark.parametrize("change", ["update {} set actor = ''", "delete from {}"])
async def test_what_operators_did_never_changes_whoever_asks(brand: Brand, change: str) -> None:
    """Not even by the superuser."""
    await brand.execute(
        "insert into platform_entries (id, actor, action) values ($1, 'olga@example.com', 'look')",
        new_id(),
    )
    with pytest.raises(asyncpg.RaiseError, match="platform_entries is append-only"):
        await brand.execute(change.format("platform_entries"))
