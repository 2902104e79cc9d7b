"""The same router with another way to record: for comparison only, never for use.

python -m bench.router.variants none     # no recording at all
python -m bench.router.variants each     # one INSERT per click, from a pool of ten
python -m bench.router.variants forget   # answer first, store later
python -m bench.router.variants peers    # look-ups and insert before the redirect, every time
"""

import asyncio
import sys
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

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


class Peers:
    """Tenant, link, partner and campaign are looked up, and the click inserted, before the answer."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self.app = Starlette(routes=[Route("/r/{slug}/{key}", self.follow)])

    async def follow(self, request: Request) -> Response:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._url, min_size=POOL, max_size=POOL)
        where = "select * from link_directory where slug = $1 and link_key = $2"
        row: Any = None
        # The role sees one view, so each of the peers' look-ups is a question to it.
        for _ in range(4):
            row = await self._pool.fetchrow(
                where, request.path_params["slug"], request.path_params["key"]
            )
        milliseconds = int(asyncio.get_running_loop().time() * 1000)
        click_id = new_click_id(milliseconds)
        location = with_cref(row["destination_url"], cref_text(click_id))
        values = (
            row["tenant_id"], UUID(bytes=click_id), milliseconds, row["link_id"], row["partner_id"],
            row["campaign_id"], location, None, request.headers.get("user-agent"),
            request.headers.get("referer"), None,
        )  # fmt: skip
        await self._pool.execute(INSERT, *([value] for value in values))
        response = RedirectResponse(location, 302)
        response.set_cookie("_cref", cref_text(click_id), max_age=7776000, samesite="lax")
        return response


def main(variant: str) -> int:
    """Serve as `python -m router.serve` does, with one part exchanged."""
    if variant == "peers":
        create = router.main.create_router

        def create_peers(settings: Settings) -> router.main.Router:
            made = create(settings)
            return router.main.Router(
                made.links, made.clicks, made.drain, made.redirect, Peers(settings).app
            )

        serve.create_router = create_peers  # type: ignore[attr-defined]  # the point of a variant
    else:
        chosen = {"none": Nothing, "each": Each, "forget": Forget}[variant]
        router.main.Clicks = chosen  # type: ignore[attr-defined]  # the point of a variant
    return serve.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
