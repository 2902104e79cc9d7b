"""`openpartner set-plan`: the operator's word on what a brand pays."""

import asyncio
import subprocess
import sys
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.cli.running import bare_environment
from tests.support.databases import ROOT, Databases, Scratch


@pytest.fixture
async def fresh(databases: Databases) -> Scratch:
    return await databases.fresh()


async def brand(fresh: Scratch, slug: str = "acme") -> UUID:
    tenant, connection = new_id(), await fresh.connect()
    await connection.execute(
        "insert into tenants (id, slug, display_name) values ($1, $2, $2)", tenant, slug
    )
    await connection.close()
    return tenant


async def set_plan(fresh: Scratch, *arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli", "set-plan", *arguments],
        cwd=ROOT,
        env=bare_environment(
            DATABASE_URL_APP=fresh.urls.app,
            SECRETS_ENCRYPTION_KEY="11" * 32,
            OPENPARTNER_ENV="development",
        ),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_operator_sets_a_plan_and_it_is_written_down(fresh: Scratch) -> None:
    tenant = await brand(fresh)
    done = await set_plan(fresh, "acme", "enterprise")
    assert (done.returncode, done.stdout, done.stderr) == (0, "acme: enterprise\n", "")
    connection = await fresh.connect()
    plan = "select plan from billing_accounts where tenant_id = $1"
    assert await connection.fetchval(plan, tenant) == "enterprise"
    [entry] = await connection.fetch("select * from audit_entries where tenant_id = $1", tenant)
    assert (entry["actor"], entry["action"]) == ("operator", "set_plan")
    assert (await set_plan(fresh, "acme", "none")).returncode == 0
    assert await connection.fetchval(plan, tenant) is None
    await connection.close()


async def test_a_brand_that_still_pays_is_pointed_out(fresh: Scratch) -> None:
    tenant, connection = await brand(fresh), await fresh.connect()
    await connection.execute(
        "insert into billing_subscriptions (tenant_id, id, stripe_subscription_id, plan, status,"
        " started_at, synced_at) values ($1, $2, 'sub_1', 'flex', 'active', now(), now())",
        tenant, new_id(),
    )  # fmt: skip
    await connection.close()
    done = await set_plan(fresh, "acme", "enterprise")
    assert "It still pays for sub_1" in done.stdout


async def test_a_workspace_that_is_not_there_is_one_line(fresh: Scratch) -> None:
    done = await set_plan(fresh, "nobody", "flex")
    assert (done.returncode, done.stderr) == (1, "openpartner: there is no workspace nobody\n")
