"""Four runners, twenty payouts, a fifth of the answers lost: as many transfers as payouts, never more.

`PAYOUT_TRIALS` sets how often; docs/guides/payouts.md says what came of fifty.
"""

import os
from dataclasses import replace
from typing import Any

import pytest

from api.features.payouts import transfers
from shared.database import open_database
from shared.ids import new_id
from tests.support.databases import Scratch
from tests.support.payout_crowd import PAYOUTS, Result, crowd

TRIALS = int(os.environ.get("PAYOUT_TRIALS", "2"))


async def trials(scratch: Scratch, count: int) -> list[Result]:
    database, superuser = open_database(scratch.urls.app, pool=10), await scratch.connect()
    try:
        return [await crowd(database, superuser, seed) for seed in range(count)]
    finally:
        await superuser.close()
        await database.close()


@pytest.mark.timeout(0)
async def test_fault_11_runners_at_once_and_answers_lost_make_no_transfer_too_many(
    scratch: Scratch,
) -> None:
    assert await trials(scratch, TRIALS) == [Result(PAYOUTS, PAYOUTS, PAYOUTS)] * TRIALS


async def test_the_crowd_catches_a_key_for_each_try(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test of the test: with a new key each time, the same crowd is paid too often."""
    create = transfers.create

    async def anew(stripe: Any, order: Any) -> Any:
        return await create(stripe, replace(order, key=f"{order.key}:{new_id()}"))

    monkeypatch.setattr(transfers, "create", anew)
    [result] = await trials(scratch, 1)
    assert result.transfers > result.payouts
