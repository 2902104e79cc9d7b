"""A valid request for every operation: real ids for its address, and a body that it accepts."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from shared.ids import new_id
from shared.tokens import new_token
from tests.support.bodies import BODIES, Write
from tests.support.brand import Brand, Json
from tests.support.conversions import commission
from tests.support.published import Operation


@dataclass(slots=True)
class World:
    """A brand, and what was made in it so far: one thing of each kind that was asked for."""

    brand: Brand
    things: dict[str, str] = field(default_factory=dict)
    writes: dict[str, Write] = field(default_factory=dict)

    async def path(self, operation: Operation) -> str:
        """The operation's address, below /api and with ids of this brand."""
        if "requestBody" in operation.declared:
            return (await self._write(operation)).path
        path = operation.path.removeprefix("/api")
        for name, kind in named(operation):
            path = path.replace(f"{{{name}}}", await self.thing(kind))
        return path

    async def body(self, operation: Operation) -> Json | None:
        """None where it takes none."""
        takes_one = "requestBody" in operation.declared
        return (await self._write(operation)).body if takes_one else None

    async def thing(self, kind: str) -> str:
        """What stands in an address behind this noun, or under this name."""
        if kind not in self.things:
            self.things[kind] = await THINGS[kind](self)
        return self.things[kind]

    async def _write(self, operation: Operation) -> Write:
        if operation.id not in self.writes:
            self.writes[operation.id] = await BODIES[operation.id](self.brand)
        return self.writes[operation.id]


def named(operation: Operation) -> list[tuple[str, str]]:
    """Each parameter of an address with the kind of thing it stands for."""
    noun = operation.path.removeprefix("/api").partition("/{")[0]
    names = re.findall(r"{(\w+)}", operation.path)
    return [(name, name if place else noun) for place, name in enumerate(names)]


def missing(operation: Operation) -> str | None:
    """What has to be added, so that tests can call this operation."""
    if "requestBody" in operation.declared:
        return None if operation.id in BODIES else f"tests/support/bodies.py: {operation.id}"
    unknown = [kind for _, kind in named(operation) if kind not in THINGS]
    return f"tests/support/calls.py: {unknown}" if unknown else None


async def _commission(world: World) -> str:
    """With it come its partner, campaign and event."""
    earned = await commission(world.brand)
    world.things["/partners"] = earned["partnerId"]
    world.things["/campaigns"] = world.things["campaignId"] = earned["campaignId"]
    world.things["/attribution/events"] = earned["eventId"]
    return str(earned["id"])


async def _with_a_commission(world: World, kind: str) -> str:
    await world.thing("/commissions")
    return world.things[kind]


async def _payout(world: World) -> str:
    earned = await commission(world.brand)
    await world.brand.made(f"/commissions/{earned['id']}/approve")
    [payout] = (await world.brand.made("/payouts/run"))["payouts"]
    return str(payout["payoutId"])


async def _key(world: World) -> str:
    partner = await world.thing("/partners")
    return str((await world.brand.made(f"/partners/{partner}/api-keys", {}))["id"])


async def _webhook(world: World) -> str:
    """At an address that we never call."""
    endpoint = new_id()
    await world.brand.execute(
        "insert into webhook_endpoints (tenant_id, id, url, events, secret_prefix, secrets)"
        " values ($1, $2, 'https://127.0.0.1/', '{*}', 'whsec_', '[]')",
        world.brand.tenant_id, endpoint,
    )  # fmt: skip
    return str(endpoint)


async def _delivery(world: World) -> str:
    endpoint, notice, delivery = await world.thing("/webhooks"), new_id(), new_id()
    await world.brand.execute(
        "insert into notices (tenant_id, id, type, data) values ($1, $2, 'partner.activated', '{}')",
        world.brand.tenant_id, notice,
    )  # fmt: skip
    await world.brand.execute(
        "insert into webhook_deliveries (tenant_id, id, endpoint_id, notice_id, event_type)"
        " values ($1, $2, $3, $4, 'partner.activated')",
        world.brand.tenant_id, delivery, UUID(endpoint), notice,
    )  # fmt: skip
    return str(delivery)


async def _always(value: str) -> str:
    return value


# What stands behind a noun of an address, or under a name further back. An address with a new noun
# needs a line here.
THINGS: dict[str, Callable[[World], Awaitable[str]]] = {
    "/api-keys": _key,
    "/attribution/events": lambda world: _with_a_commission(world, "/attribution/events"),
    "/campaigns": lambda world: _with_a_commission(world, "/campaigns"),
    "/commissions": _commission,
    "/export": lambda _: _always("partners"),
    "/partners": lambda world: _with_a_commission(world, "/partners"),
    "/payouts": _payout,
    "/webhooks": _webhook,
    "campaignId": lambda world: _with_a_commission(world, "campaignId"),
    "deliveryId": _delivery,
    "format": lambda _: _always("csv"),
}


async def signed_in(brand: Brand) -> dict[str, str]:
    """The cookie of one of the brand's admins, written straight into the database."""
    admin, token = new_id(), new_token("ops_")
    await brand.execute(
        "insert into admins (tenant_id, id, email, name, activated_at)"
        " values ($1, $2, $3, 'Ada Admin', now())",
        brand.tenant_id, admin, f"{admin.hex[-12:]}@example.com",
    )  # fmt: skip
    await brand.execute(
        "insert into sessions (tenant_id, id, digest, principal_kind, principal_id, expires_at)"
        " values ($1, $2, $3, 'admin', $4, now() + interval '1 day')",
        brand.tenant_id, new_id(), token.digest, admin,
    )  # fmt: skip
    return {"Cookie": f"op_session={token.plaintext}"}
