"""What a partner of the payout machine sells, and what their customers get back, by the API's own code."""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import asyncpg

from api.features.conversions.schemas import EventReport
from api.features.conversions.service import report
from shared.clock import now
from shared.database import Database
from shared.ids import new_id
from shared.visitor import clicked_at, new_click_id

# All of a sale is the partner's, at once: what a refund takes is what the customer gets.
SHOP = """
with campaign as (
    insert into campaigns (tenant_id, id, name, terms_id, destination_url)
    values ($1, $3, 'Machine', $4, 'https://shop.example')
), terms_made as (
    insert into terms (tenant_id, id, campaign_id, kind, percent, recurring, approval, holdback_days)
    values ($1, $4, $3, 'percent', 100, true, '{"mode": "automatic"}', 0)
), granted as (
    insert into grants (tenant_id, id, partner_id, campaign_id, terms_id) values ($1, $3, $2, $3, $4)
), clicked as (
    insert into clicks (tenant_id, id, ts, partner_id, campaign_id, landing_url)
    values ($1, $5, $6, $2, $3, '')
)
insert into identities (tenant_id, id, click_id, click_ts, user_id) values ($1, $3, $5, $6, 'customer')
"""


@dataclass(slots=True)
class Sales:
    """One partner's; `left` is what was not given back of each, in minor units."""

    database: Database
    superuser: asyncpg.Connection
    tenant_id: UUID
    partner_id: UUID
    currency: str
    left: list[int] = field(default_factory=list)
    refunds: int = 0

    async def sell(self, amount: int) -> None:
        if not self.left:
            click = UUID(bytes=new_click_id(int((now().timestamp() - 3600) * 1000)))
            await self.superuser.execute(
                SHOP, self.tenant_id, self.partner_id, new_id(), new_id(), click, clicked_at(click)
            )
        self.left.append(amount)
        await self._report("invoice_paid", amount, externalId=f"sale-{len(self.left)}")

    async def refund(self, which: int, amount: int | None) -> int:
        """Of one of the sales, all that is left of it without an amount; answers how much it was."""
        sold = [number for number, left in enumerate(self.left) if left]
        if not sold:
            return 0
        number = sold[which % len(sold)]
        given = min(amount or self.left[number], self.left[number])
        self.left[number] -= given
        self.refunds += 1
        named = {"externalId": f"refund-{self.refunds}", "corrects": f"sale-{number + 1}"}
        await self._report("refund", given, **named)
        return given

    async def _report(self, kind: str, amount: int, **named: str) -> None:
        told = {
            "userId": "customer", "type": kind, "value": Decimal(amount).scaleb(-2),
            "currency": self.currency, **named,
        }  # fmt: skip
        wanted = EventReport.model_validate(told)
        async with self.database.tenant_session(self.tenant_id) as session:
            await report(session, wanted)
