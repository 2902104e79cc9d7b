"""While the database is away or busy: a clear 503, a life sign, and no restart needed after."""

import asyncio
from itertools import islice

import asyncpg

from tests.conftest import Install

KEY = "an-admin-key-of-a-test"
ADMIN = {"Authorization": f"Bearer {KEY}"}


async def test_an_unreachable_database_is_503_and_not_500(empty_install: Install) -> None:
    nowhere = "postgresql+asyncpg://openpartner_app:x@127.0.0.1:1/openpartner"
    http, _, _ = await empty_install(admin_api_key=KEY, database_url_app=nowhere)
    for path in ("/api/campaigns", "/ready"):
        answer = await http.get(path, headers=ADMIN)
        assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "2"
    assert (await http.get("/health")).status_code == 200


async def test_connections_that_were_cut_are_replaced_by_themselves(empty_install: Install) -> None:
    http, scratch, _ = await empty_install(admin_api_key=KEY)
    assert (await http.get("/api/campaigns", headers=ADMIN)).status_code == 200
    superuser = await asyncpg.connect(scratch.superuser)
    await superuser.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and usename = 'openpartner_app'"
    )
    await superuser.close()
    answers = [(await http.get("/api/campaigns", headers=ADMIN)).status_code for _ in range(5)]
    assert answers[0] in {200, 503}
    assert answers[1:] == [200] * 4


async def test_fault_14_when_every_connection_is_taken_others_hear_503_and_life_goes_on(
    empty_install: Install,
) -> None:
    http, scratch, _ = await empty_install(admin_api_key=KEY, database_pool=4)
    assert (await http.get("/api/campaigns", headers=ADMIN)).status_code == 200
    superuser = await asyncpg.connect(scratch.superuser)
    async with superuser.transaction():
        await superuser.execute("lock table campaigns")
        asked = [asyncio.create_task(http.get("/api/campaigns", headers=ADMIN)) for _ in range(40)]
        assert (await http.get("/health")).status_code == 200
        # All but those that hold a connection: nobody waits without end.
        for first in islice(asyncio.as_completed(asked), 36):
            assert (await first).status_code == 503
        assert (await http.get("/health")).status_code == 200
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {200, 503}
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) >= 36
    assert {answer.headers["retry-after"] for answer in refused} == {"2"}
    assert (await http.get("/api/campaigns", headers=ADMIN)).status_code == 200
    await superuser.close()
