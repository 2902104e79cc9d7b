"""A valid request for every operation: real ids for its address, and a body that it accepts."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from shared.ids import new_id
from shared.tokens import new_token
from tests.support.bodies import BODIES, Write
from tests.support.bodies.stripe import arrived_event
from tests.support.brand import Brand, Json
from tests.support.conversions import click, commission, promotion
from tests.support.people import add_admin
from tests.support.published import Operation

# What is read as it arrives, or is no JSON, and so has tests of its own; here it is only refused.
STREAMED = {
    "import_bundle": "/import",
    "import_partners": "/import/partners-csv",
    "upload_logo": "/uploads/logo",
}


@dataclass(slots=True)
class Premises:
    """A brand, and what was made in it so far: one thing of each kind that was asked for."""

    brand: Brand
    things: dict[str, str] = field(default_factory=dict)
    writes: dict[str, Write] = field(default_factory=dict)

    async def path(self, operation: Operation) -> str:
        """The operation's address, below /api and with ids of this brand."""
        if "requestBody" in operation.declared:
            return (await self.write(operation)).path
        path = operation.path.removeprefix("/api")
        for name, kind in named(operation):
            path = path.replace(f"{{{name}}}", await self.thing(kind))
        return path

    async def body(self, operation: Operation) -> Json | None:
        """None where it takes none."""
        takes_one = "requestBody" in operation.declared
        return (await self.write(operation)).body if takes_one else None

    async def write(self, operation: Operation) -> Write:
        """The request of an operation that takes a body; made once."""
        if operation.id in STREAMED:
            return Write(STREAMED[operation.id], {})
        if operation.id not in self.writes:
            self.writes[operation.id] = await BODIES[operation.id](self.brand)
        return self.writes[operation.id]

    async def thing(self, kind: str) -> str:
        """What stands in an address behind this noun, or under this name."""
        if kind not in self.things:
            self.things[kind] = await THINGS[kind](self)
        return self.things[kind]


# What ends the brand that it is asked of.
RUINOUS = {"delete_account", "reject_brand", "restore_account", "suspend_brand"}


def named(operation: Operation) -> list[tuple[str, str]]:
    """Each parameter of an address with the kind of thing it stands for."""
    noun = operation.path.removeprefix("/api").partition("/{")[0]
    names = re.findall(r"{(\w+)}", operation.path)
    return [(name, name if place else noun) for place, name in enumerate(names)]


def missing(operation: Operation) -> str | None:
    """What has to be added, so that tests can call this operation."""
    if "requestBody" in operation.declared:
        known = operation.id in BODIES or operation.id in STREAMED
        return None if known else f"tests/support/bodies: {operation.id}"
    unknown = [kind for _, kind in named(operation) if kind not in THINGS]
    return f"tests/support/calls.py: {unknown}" if unknown else None


async def _commission(premises: Premises) -> str:
    """With it come its partner, campaign and event."""
    earned = await commission(premises.brand)
    premises.things["/partners"] = earned["partnerId"]
    premises.things["/campaigns"] = premises.things["campaignId"] = earned["campaignId"]
    premises.things["/attribution/events"] = earned["eventId"]
    return str(earned["id"])


async def _with_a_commission(premises: Premises, kind: str) -> str:
    await premises.thing("/commissions")
    return premises.things[kind]


async def _payout(premises: Premises) -> str:
    earned = await commission(premises.brand)
    await premises.brand.made(f"/commissions/{earned['id']}/approve")
    [payout] = (await premises.brand.made("/payouts/run"))["payouts"]
    return str(payout["payoutId"])


async def _payout_run(premises: Premises) -> str:
    return str((await premises.brand.made("/payouts/run"))["runId"])


async def _key(premises: Premises) -> str:
    partner = await premises.thing("/partners")
    return str((await premises.brand.made(f"/partners/{partner}/api-keys", {}))["id"])


async def _webhook(premises: Premises) -> str:
    """At an address that we never call."""
    endpoint = new_id()
    await premises.brand.execute(
        "insert into webhook_endpoints (tenant_id, id, url, events, secret_prefix, secrets)"
        " values ($1, $2, 'https://127.0.0.1/', '{*}', 'whsec_', '[]')",
        premises.brand.tenant_id, endpoint,
    )  # fmt: skip
    return str(endpoint)


async def _delivery(premises: Premises) -> str:
    endpoint, notice, delivery = await premises.thing("/webhooks"), new_id(), new_id()
    await premises.brand.execute(
        "insert into notices (tenant_id, id, type, data) values ($1, $2, 'partner.activated', '{}')",
        premises.brand.tenant_id, notice,
    )  # fmt: skip
    await premises.brand.execute(
        "insert into webhook_deliveries (tenant_id, id, endpoint_id, notice_id, event_type)"
        " values ($1, $2, $3, $4, 'partner.activated')",
        premises.brand.tenant_id, delivery, UUID(endpoint), notice,
    )  # fmt: skip
    return str(delivery)


async def _postback(premises: Premises) -> str:
    """At an address that we never call."""
    partner, postback = await premises.thing("/partners"), new_id()
    await premises.brand.execute(
        "insert into partner_postbacks (tenant_id, id, partner_id, url, events)"
        " values ($1, $2, $3, 'https://127.0.0.1/', '{commission.paid}')",
        premises.brand.tenant_id, postback, UUID(partner),
    )  # fmt: skip
    return str(postback)


async def _simulation(premises: Premises) -> str:
    campaign = await premises.thing("/campaigns")
    shown = await premises.brand.made(f"/campaigns/{campaign}/simulate", {"days": 1})
    return str(shown["simulationId"])


async def _coupon(premises: Premises) -> str:
    """The one that came with the grant."""
    partner = await premises.thing("/partners")
    [coupon, *_] = (await premises.brand.get(f"/partners/{partner}/coupons")).json()["coupons"]
    return str(coupon["id"])


async def _admin(premises: Premises) -> str:
    admin, _ = await add_admin(premises.brand)
    return str(admin)


async def _suppression(premises: Premises) -> str:
    found = new_id()
    await premises.brand.execute(
        "insert into mail_suppressions (tenant_id, id, address, reason)"
        " values ($1, $2, 'gone@example.com', '550 no such mailbox')",
        premises.brand.tenant_id, found,
    )  # fmt: skip
    return str(found)


async def _click(premises: Premises) -> str:
    return await click(premises.brand, await promotion(premises.brand))


async def _push(premises: Premises) -> str:
    """One that the network could not be told."""
    found = new_id()
    await premises.brand.execute(
        "insert into network_pushes (tenant_id, id, kind, body, status)"
        " values ($1, $2, 'partners', '{\"ids\": []}', 'dead')",
        premises.brand.tenant_id, found,
    )  # fmt: skip
    return str(found)


async def _domain(premises: Premises) -> str:
    body = {"host": f"{premises.brand.slug}.example", "purpose": "links"}
    return str((await premises.brand.made("/domains", body))["id"])


async def _operator(premises: Premises) -> str:
    operator = new_id()
    await premises.brand.execute(
        "insert into operators (id, email, name, role) values ($1, $2, 'Olga', 'support')",
        operator, f"{operator.hex[-12:]}@platform.example",
    )  # fmt: skip
    return str(operator)


async def _signup_block(premises: Premises) -> str:
    block = new_id()
    await premises.brand.execute(
        "insert into signup_blocks (id, kind, value, created_by) values ($1, 'domain', $2, 'olga')",
        block, f"{block.hex[-12:]}.example",
    )  # fmt: skip
    return str(block)


async def _brand(premises: Premises) -> str:
    return str(premises.brand.tenant_id)


async def _always(value: str) -> str:
    return value


# What stands behind a noun of an address, or under a name further back. An address with a new noun
# needs a line here.
THINGS: dict[str, Callable[[Premises], Awaitable[str]]] = {
    "/admins": _admin,
    "/api-keys": _key,
    "/attribution/events": lambda premises: _with_a_commission(premises, "/attribution/events"),
    "/admin/network/offerings": lambda _: _always("off_elsewhere"),
    "/admin/network/pushes": _push,
    "/admin/network/requests": lambda _: _always("req_elsewhere"),
    "/creator-api": lambda _: _always("offerings"),
    "/network/me/affiliations": lambda _: _always("aff_elsewhere"),
    "/network/me/requests": lambda _: _always("req_elsewhere"),
    "/network/offerings": lambda _: _always("off_elsewhere"),
    "/network/vendors": lambda _: _always("vnd_elsewhere"),
    "/campaigns": lambda premises: _with_a_commission(premises, "/campaigns"),
    "/clicks": _click,
    "/commissions": _commission,
    "/config/mail/suppressions": _suppression,
    "/domains": _domain,
    "/export": lambda _: _always("partners"),
    "/partners": lambda premises: _with_a_commission(premises, "/partners"),
    "/payouts": _payout,
    "/platform-admin/blocklist": _signup_block,
    "/platform-admin/brands": _brand,
    "/platform-admin/operators": _operator,
    "/payouts/runs": _payout_run,
    "/stripe-events": lambda premises: arrived_event(premises.brand),
    "/uploads": lambda _: _always("tenants"),
    "/webhooks": _webhook,
    "/webhooks/samples": lambda _: _always("partner.activated"),
    "campaignId": lambda premises: _with_a_commission(premises, "campaignId"),
    "couponId": _coupon,
    "simulationId": _simulation,
    "deliveryId": _delivery,
    "postbackId": _postback,
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
