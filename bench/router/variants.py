"""The same router with another way to record: for comparison only, never for use.

python -m bench.router.variants none     # no recording at all
python -m bench.router.variants each     # one INSERT per click, from a pool of ten
python -m bench.router.variants forget   # answer first, store later
python -m bench.router.variants peers    # look-ups and insert before the redirect, every time
"""

import asyncio
import os
import sys
import time
from dataclasses import replace
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import router.main
from router import serve
from router.clicks import Clicks
from router.insert import INSERT, Click
from router.settings import Settings
from shared.visitor import cref_text, new_click_id, with_cref

POOL = 10


class Nothing(Clicks):
    """Forgets every click."""

    def record(self, click: Click) -> asyncio.Future[None]:
        del click
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Each(Clicks):
    """One statement per click, as straightforward applications do."""

    pool: asyncpg.Pool | None = None
    opening: asyncio.Lock | None = None

    def record(self, click: Click) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._insert(click))

    async def _insert(self, click: Click) -> None:
        self.opening = self.opening or asyncio.Lock()
        async with self.opening:
            if self.pool is None:
                self.pool = await asyncpg.create_pool(self._url, min_size=POOL, max_size=POOL)
        await self.pool.execute(INSERT, *([value] for value in click))


class Forget(Clicks):
    """Answers before anything is stored; the group commit goes on behind."""

    def record(self, click: Click) -> asyncio.Future[None]:
        super().record(click)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class NoShortcut:
    """Every visit goes the ordinary way."""

    def at_once(self, *_: object) -> None:
        return None


class Peers:
    """Tenant, link, partner and campaign are looked up, and the click inserted, before the answer."""

    def __init__(self) -> None:
        self._url = os.environ["BENCH_SUPERUSER"]
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self.redirect = NoShortcut()
        self.others = Starlette(routes=[Route("/r/{slug}/{key}", self.follow)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.others(scope, receive, send)

    async def follow(self, request: Request) -> Response:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._url, min_size=POOL, max_size=POOL)
        fetch, asked = self._pool.fetchrow, request.path_params
        tenant = await fetch("select * from tenants where slug = $1", asked["slug"])
        link = await fetch(
            "select * from links where tenant_id = $1 and link_key = $2", tenant["id"], asked["key"]
        )
        one = "select * from {} where tenant_id = $1 and id = $2"
        partner = await fetch(one.format("partners"), tenant["id"], link["partner_id"])
        campaign = await fetch(one.format("campaigns"), tenant["id"], link["campaign_id"])
        milliseconds = int(time.time() * 1000)
        click_id = new_click_id(milliseconds)
        location = with_cref(
            link["destination_url"] or campaign["destination_url"], cref_text(click_id)
        )
        values = (
            tenant["id"], UUID(bytes=click_id), milliseconds, link["id"], partner["id"],
            campaign["id"], location, None, request.headers.get("user-agent"),
            request.headers.get("referer"), None, None, None, None,
        )  # fmt: skip
        await self._pool.execute(INSERT, *([value] for value in values))
        response = RedirectResponse(location, 302)
        response.set_cookie("_cref", cref_text(click_id), max_age=7776000, samesite="lax")
        return response


def main(variant: str) -> int:
    """Serve as `python -m router.serve` does, with one part exchanged."""
    if variant == "peers":
        create = router.main.create_router

        def create_peers(settings: Settings, parent: int | None = None) -> router.main.Router:
            return replace(create(settings, parent), app=Peers())

        serve.create_router = create_peers  # type: ignore[attr-defined]  # the point of a variant
    else:
        chosen = {"none": Nothing, "each": Each, "forget": Forget}[variant]
        router.main.Clicks = chosen  # type: ignore[attr-defined]  # the point of a variant
    return serve.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
