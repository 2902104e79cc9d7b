"""A brand with a row in every kind of table, and with every kind of text in it."""

import json
from typing import Any
from uuid import UUID

from api.features.exports.tables import OWNED
from shared.clock import now
from shared.ids import new_id
from tests.support.brand import Brand
from tests.support.conversions import commission
from tests.support.tricky import TRICKY

# Numbers that a float would change.
EXACT = '{"tenth": 1.10, "small": 0.000000000000000000001, "large": 123456789012345678901234567890}'
A_PARTNER = (
    "insert into partners (tenant_id, id, email, name, metadata) values ($1, $2, $3, $4, $5)"
)
A_CLICK = """
insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url, user_agent)
values ($1, $2, $3, $4, $5, $6, $6)
"""
AN_EVENT = """
insert into events
    (tenant_id, id, user_id, type, currency, external_id, fingerprint, metadata, ts)
values ($1, $2, $3, $3, 'USD', $4, '', $5, $6)
"""
A_CAMPAIGN = """
with campaign as (
    insert into campaigns
        (tenant_id, id, name, terms_id, destination_url, deep_link_allowed_domains)
    values ($1, $2, $4, $3, $4, $5)
)
insert into terms (tenant_id, id, campaign_id, kind, percent, event_types)
values ($1, $3, $2, 'percent', 12.5, $5)
"""


async def furnish(brand: Brand) -> None:
    """A whole program in the steps that people take, and then what they may have typed."""
    await brand.campaign(commissionRule={"type": "fixed", "value": 5, "eventTypes": ["signup"]})
    earned = await commission(brand, deepLinkAllowedDomains="shop.example, b\u00fccher.example")
    await brand.made(f"/commissions/{earned['id']}/approve")
    shut_out = await brand.partner()
    await brand.made(f"/partners/{shut_out['id']}/revoke", {"reason": "=1+1", "notify": False})
    await brand.execute(
        "insert into admins (tenant_id, id, email, name) values ($1, $2, 'ada@example.com', 'Ada')",
        brand.tenant_id, new_id(),
    )  # fmt: skip
    for name in ("logo-1.png", "logo-2.png"):
        await brand.execute(
            "insert into uploads (tenant_id, id, name, media_type, content)"
            " values ($1, $2, $3, 'image/png', $4)",
            brand.tenant_id, new_id(), name, bytes(range(256)) * 400,
        )  # fmt: skip
    for key, value in (("exact", EXACT), ("nothing", "null"), ("list", '["=1+1", null, [1.0]]')):
        await brand.execute(
            "insert into settings (tenant_id, key, value) values ($1, $2, $3)",
            brand.tenant_id, key, value,
        )  # fmt: skip
    await _type(brand, UUID(earned["partnerId"]), UUID(earned["campaignId"]))


async def _type(brand: Brand, partner: UUID, campaign: UUID) -> None:
    """Everything that people may type, where they may type it."""
    connection = await brand.scratch.connect()
    try:
        for number, text in enumerate(TRICKY):
            details = json.dumps({"text": text, text: [text]})
            await connection.execute(
                A_PARTNER, brand.tenant_id, new_id(), f"tricky{number}@example.com", text, details
            )
            await connection.execute(
                A_CLICK, brand.tenant_id, new_id(), now(), partner, campaign, text
            )
            await connection.execute(
                AN_EVENT, brand.tenant_id, new_id(), text, f"{number}", details, now()
            )
            domains = [text, "null", "a,b", ""]
            await connection.execute(A_CAMPAIGN, brand.tenant_id, new_id(), new_id(), text, domains)
    finally:
        await connection.close()


async def wipe(brand: Brand) -> None:
    """As if the brand's tables had been lost."""
    connection = await brand.scratch.connect()
    try:
        await connection.execute("set session_replication_role = replica")
        # Seals aren't taken along, but they go with what they seal.
        for table in ("ledger_seals", *(owned.name for owned in OWNED)):
            await connection.execute(
                f'delete from "{table}" where tenant_id = $1',  # noqa: S608  # names of our own
                brand.tenant_id,
            )
    finally:
        await connection.close()


async def rows(brand: Brand, table: str) -> list[dict[str, Any]]:
    """What is stored of the brand's, in order."""
    return [
        dict(row)
        for row in await brand.fetch(
            f'select * from "{table}" where tenant_id = $1 order by 1, 2',  # noqa: S608  # the same
            brand.tenant_id,
        )
    ]
