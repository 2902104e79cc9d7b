"""What Stripe's events may learn of other workspaces: whose they can be, and by what."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.visitor import clicked_at
from tests.architecture.test_role_rights import plain
from tests.support.brand import Brand
from tests.support.conversions import promotion, visit
from tests.support.databases import Scratch


@pytest.fixture
async def stranger(scratch: Scratch) -> AsyncIterator[asyncpg.Connection]:
    """The app, before any tenant is known."""
    connection = await asyncpg.connect(plain(scratch.urls.app))
    yield connection
    await connection.close()


async def test_stripe_tenants_tells_whom_an_event_can_belong_to_and_by_what(
    stranger: asyncpg.Connection, brand: Brand, other_brand: Brand
) -> None:
    """Every kind of proof, each in a workspace of its own books; and nothing else of it."""
    account, customer = f"acct_{brand.slug}", f"cus_{brand.slug}"
    cref = await visit(brand, await promotion(brand), customer)
    partner = (await other_brand.partner())["id"]
    await other_brand.execute(
        "update partners set stripe_connect_account_id = $2 where id = $1", UUID(partner), account
    )
    await brand.execute(
        "insert into stripe_references (tenant_id, reference, user_id) values ($1, $2, 'customer')",
        brand.tenant_id, customer,
    )  # fmt: skip
    query = "select * from stripe_tenants($1, $2, $3, $4, $5, $6, $7)"
    nothing: list[Any] = [[], None, None, None, None, None, None]

    async def told(**given: Any) -> list[tuple[Any, ...]]:
        names = ["known", "click", "clicked", "payout", "account", "claimed", "customer"]
        arguments = [given.get(name, nothing[place]) for place, name in enumerate(names)]
        return [tuple(row) for row in await stranger.fetch(query, *arguments)]

    ours, theirs, click = brand.tenant_id, other_brand.tenant_id, UUID(cref)
    assert await told() == []
    assert await told(known=[customer, "ch_1"]) == [(ours, "reference")]
    assert await told(click=click, clicked=clicked_at(click)) == [(ours, "click")]
    assert await told(account=account) == [(theirs, "account")]
    assert await told(claimed=ours, customer=customer) == [(ours, "customer")]
    assert await told(claimed=theirs, customer=customer) == []
    assert await told(customer=customer) == []


async def test_events_that_nobody_has_claimed_are_seen_by_no_workspace(
    stranger: asyncpg.Connection, brand: Brand
) -> None:
    stripe_id = f"evt_{brand.slug}"
    insert = (
        "insert into unclaimed_stripe_events (stripe_id, type, payload, reason)"
        " values ($1, 'invoice.paid', '{}', 'unresolved_tenant')"
    )
    count = "select count(*) from unclaimed_stripe_events where stripe_id = $1"
    await stranger.execute(insert, stripe_id)
    assert await stranger.fetchval(count, stripe_id) == 1
    await stranger.execute("select set_config('app.tenant_id', $1, false)", str(brand.tenant_id))
    assert await stranger.fetchval(count, stripe_id) == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stranger.execute(insert, f"{stripe_id}_2")
    await stranger.execute("select set_config('app.tenant_id', '', false)")
    await stranger.execute("delete from unclaimed_stripe_events where stripe_id = $1", stripe_id)
