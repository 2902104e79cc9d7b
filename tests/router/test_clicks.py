"""Group commit: many clicks in few statements, none of them lost to a neighbor."""

import asyncio

from router.redirect import AGENT_MAX, REFERER_MAX
from tests.router.running import BROWSER, Running, cref_of, running
from tests.router.shop import Shop, eventually, open_shop
from tests.support.databases import Databases, Scratch


async def test_clicks_that_wait_together_are_stored_together(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    blocker = await fresh.connect()
    async with running(fresh.urls.router, ROUTER_SLOW_FLUSH_MS="60000") as router:
        await router.get(path)
        async with blocker.transaction():
            await blocker.execute("lock table clicks in share row exclusive mode")
            requests = [asyncio.create_task(router.get(path)) for _ in range(100)]
            await eventually(lambda: all_taken(router, 101))
            assert not any(request.done() for request in requests)
        crefs = {cref_of(response) for response in await asyncio.gather(*requests)}
        # One for the request at the start, one that met the lock, one for all that came meanwhile.
        assert router.router.clicks.figures.flushes == 3
    await blocker.close()
    assert len(crefs) == 100
    assert crefs < {str(click["id"]) for click in await shop.clicks()}


async def all_taken(router: Running, count: int) -> bool:
    return router.router.clicks.figures.taken == count


async def test_under_load_every_answer_has_its_row(router: Running, shop: Shop) -> None:
    path = await shop.link()
    responses = await asyncio.gather(*(router.get(path) for _ in range(500)))
    crefs = [cref_of(response) for response in responses]
    assert len(set(crefs)) == 500
    assert {str(click["id"]) for click in await shop.clicks()} == set(crefs)


async def test_a_row_that_is_never_taken_costs_only_itself(databases: Databases) -> None:
    fresh = await databases.fresh()
    shop = await open_shop(fresh)
    path = await shop.link()
    await shop.execute("alter table clicks add check (user_agent <> 'poison')")
    async with running(fresh.urls.router) as router:
        agents = [f"{BROWSER} {i}" for i in range(60)] + ["poison"]
        responses = await asyncio.gather(*(router.get(path, user_agent=a) for a in agents))
        assert all(cref_of(response) for response in responses)
        assert router.router.clicks.figures.lost == 1
        assert router.router.clicks.figures.stored == 60
    assert {click["user_agent"] for click in await shop.clicks()} == set(agents) - {"poison"}


async def test_p8_long_and_odd_text_never_costs_the_redirect(
    router: Running, scratch: Scratch
) -> None:
    shop = await open_shop(scratch, destination="https://shop.example/" + "x" * 2000)
    path = await shop.link()
    odd = "Mozilla/5.0 \xff\xfe caf\xe9 " + "y" * 5000
    await router.http.get(
        path,
        headers=[(b"user-agent", odd.encode("latin-1")), (b"referer", b"https://x/" + b"z" * 9000)],
    )
    (click,) = await shop.clicks()
    assert len(click["landing_url"]) > 2000
    assert click["user_agent"].startswith("Mozilla/5.0 \ufffd\ufffd caf\ufffd y")
    assert len(click["user_agent"]) == AGENT_MAX
    assert len(click["referer"]) == REFERER_MAX


async def test_a_replay_changes_nothing(router: Running, shop: Shop) -> None:
    link = router.router.links
    path = await shop.link()
    cref_of(await router.get(path))
    (stored,) = await shop.clicks()
    found = link.find(shop.slug, path.rpartition("/")[2])
    assert found is not None
    row = (
        shop.tenant, stored["id"], int(stored["ts"].timestamp() * 1000), stored["link_id"],
        shop.partner, shop.campaign, "again", None, None, None, None,
    )  # fmt: skip
    await asyncio.gather(*(router.router.clicks.record(row) for _ in range(3)))
    assert await shop.clicks() == [stored]
