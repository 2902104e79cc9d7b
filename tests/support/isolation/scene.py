"""The two brands: the intruder, and the one whose rows must neither be seen nor changed."""

import json
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import httpx2

from api.access.cookies import csrf_token
from shared.ids import new_id
from tests.support.brand import Brand, Json, found_brand
from tests.support.calls import Premises, missing, signed_in
from tests.support.databases import Scratch
from tests.support.digest import TABLES
from tests.support.isolation.attempts import Attempt, Side
from tests.support.isolation.rows import CANARY, fill
from tests.support.published import Operation

UUID_COLUMNS = """
select table_name as table, column_name as column from information_schema.columns
where table_schema = 'public' and data_type = 'uuid' and table_name = any($1)
"""


@dataclass(slots=True)
class Scene:
    """`markers` are what only the other brand's rows contain."""

    mine: Premises
    theirs: Premises
    my_side: dict[str, Side] = field(default_factory=dict)
    their_side: dict[str, Side] = field(default_factory=dict)
    markers: set[str] = field(default_factory=set)
    unfilled: list[str] = field(default_factory=list)
    # What the intruder has typed itself, and may find again in its own rows and log.
    said: set[str] = field(default_factory=set)

    @property
    def http(self) -> httpx2.AsyncClient:
        return self.mine.brand.http

    async def send(self, operation: Operation, attempt: Attempt) -> httpx2.Response:
        return await self.http.request(
            operation.method, f"/api{attempt.path}", json=attempt.body, params=attempt.query or None,
            headers=attempt.headers,
        )  # fmt: skip

    def leaked(self, attempt: Attempt, answer: httpx2.Response) -> set[str]:
        """Of the other's, what the answer tells and the intruder never said itself."""
        words = json.dumps([attempt.path, attempt.body, attempt.query, attempt.headers])
        self.said |= {marker for marker in self.markers if marker in words}
        found = answer.text
        return {marker for marker in self.markers - self.said if marker in found}


async def set_up(
    http: httpx2.AsyncClient,
    scratch: Scratch,
    operations: list[Operation],
    above: list[Operation],
) -> Scene:
    """Both brands with one of everything that any operation needs, and a row in every table."""
    mine, theirs = await found_brand(http, scratch), await found_brand(http, scratch)
    scene = Scene(Premises(mine), Premises(theirs))
    for premises, sides in ((scene.mine, scene.my_side), (scene.theirs, scene.their_side)):
        host, doors = await _hold_a_domain(premises.brand), await _doors(premises.brand)
        for operation in operations:
            if missing(operation):
                continue
            path, body = await premises.path(operation), await premises.body(operation)
            sides[operation.id] = Side(premises.brand.slug, *doors, path, body, host)
        for operation in above:
            await premises.path(operation)
        scene.unfilled += await fill(premises.brand, premises.brand.slug)
    scene.markers = await _only_theirs(scene)
    return scene


async def _doors(brand: Brand) -> tuple[Json, Json]:
    """Its admin's key, and the browser of one of its admins."""
    cookie = await signed_in(brand)
    token = cookie["Cookie"].partition("=")[2]
    return brand.headers, cookie | {"X-CSRF-Token": csrf_token(token)}


async def _hold_a_domain(brand: Brand) -> str:
    host = f"portal.{brand.slug}.example"
    await brand.execute(
        "insert into domains (tenant_id, id, host, purpose, token, verified_at)"
        " values ($1, $2, $3, 'portal', '', now())",
        brand.tenant_id, new_id(), host,
    )  # fmt: skip
    return host


async def _only_theirs(scene: Scene) -> set[str]:
    """Every id in their rows, their name in addresses, and the word that was put in for this."""
    connection = await scene.theirs.brand.scratch.connect()
    try:
        theirs = await ids_of(connection, scene.theirs.brand.tenant_id)
        mine = await ids_of(connection, scene.mine.brand.tenant_id)
    finally:
        await connection.close()
    slug = scene.theirs.brand.slug
    return {str(one) for one in theirs - mine} | {slug, f"{CANARY}-{slug}"}


async def ids_of(connection: asyncpg.Connection, tenant_id: UUID) -> set[UUID]:
    """Every UUID in any column of the tenant's rows."""
    tables = [row["name"] for row in await connection.fetch(TABLES)]
    found: set[UUID] = set()
    for row in await connection.fetch(UUID_COLUMNS, tables):
        query = f'select distinct "{row["column"]}" from {row["table"]} where tenant_id = $1'  # noqa: S608  # from the catalogue
        found |= {value[0] for value in await connection.fetch(query, tenant_id) if value[0]}
    return found
