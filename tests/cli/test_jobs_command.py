"""`openpartner jobs`: each piece of the schedule by hand."""

import asyncio
import subprocess
import sys

import pytest

from api.job_list import JOBS_OF_FEATURES
from api.jobs.job import CHORES
from shared.ids import new_id
from tests.cli.running import bare_environment
from tests.support.databases import ROOT, Databases, Scratch


@pytest.fixture
async def fresh(databases: Databases) -> Scratch:
    return await databases.fresh()


async def jobs(fresh: Scratch, *arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli", "jobs", *arguments],
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


async def test_everything_scheduled_is_listed_with_its_times(fresh: Scratch) -> None:
    assert JOBS_OF_FEATURES
    listed = await jobs(fresh, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    shown = {line.split()[0]: line for line in listed.stdout.splitlines()}
    declared = {name: chore.cron for name, chore in CHORES.items() if "test" not in name}
    assert set(declared) <= set(shown)
    assert all(cron in shown[name] for name, cron in declared.items())


async def test_one_is_run_by_hand_for_one_brand_or_for_all(fresh: Scratch) -> None:
    connection, tenant = await fresh.connect(), new_id()
    await connection.execute(
        "insert into tenants (id, slug, display_name) values ($1, 'acme', 'Acme')", tenant
    )
    # A Monday was missed, so that there is something to do.
    await connection.execute("update tenants set created_at = now() - interval '100 days'")
    done = await jobs(fresh, "run", "payouts", "--tenant", "acme")
    assert (done.returncode, done.stdout) == (0, "payouts: done\n"), done.stderr
    ran = "select array_agg(distinct tenant_id) from payout_runs"
    assert await connection.fetchval(ran) == [tenant]
    assert (await jobs(fresh, "run", "payouts")).returncode == 0
    assert len(await connection.fetchval(ran)) > 1
    await connection.close()


async def test_what_can_not_be_run_says_why(fresh: Scratch) -> None:
    unknown = await jobs(fresh, "run", "payout")
    assert (unknown.returncode, "nothing scheduled is called payout" in unknown.stderr) == (1, True)
    nobody = await jobs(fresh, "run", "payouts", "--tenant", "nobody")
    assert (nobody.returncode, "no workspace nobody" in nobody.stderr) == (1, True)
    whole = await jobs(fresh, "run", "old-ticks", "--tenant", "default")
    assert (whole.returncode, "of the whole installation" in whole.stderr) == (1, True)
    connection = await fresh.connect()
    await connection.execute("select pg_advisory_lock(hashtextextended('chore payouts', 0))")
    busy = await jobs(fresh, "run", "payouts")
    assert (busy.returncode, "is running just now" in busy.stderr) == (1, True)
    await connection.close()
