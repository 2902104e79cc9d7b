"""Brands that sell through partners and are billed for it, and what Stripe's meter counted of that."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from api.features.corrections.for_others import Amount, Payment, refund
from shared.ids import new_id
from shared.money import to_minor
from tests.support.brand import Brand, Json
from tests.support.conversions import days_ago, promotion, visit
from tests.support.hosted import Platform
from tests.support.ledger import session_of
from tests.support.stripe_double.meters import metered


@dataclass(slots=True)
class Seller:
    """A brand that has paid for thirty days, with a link that a customer followed 25 days ago."""

    hosting: Platform
    brand: Brand
    link: Json
    customer: str

    async def sell(
        self, value: str | Decimal, currency: str = "USD", *, user: str = "customer",
        at: datetime | None = None, kind: str = "invoice_paid",
    ) -> Json:  # fmt: skip
        """A sale, now unless it happened before; answers the report with the order's number."""
        order = str(new_id())
        event: Json = {
            "userId": user, "type": kind, "value": str(value), "currency": currency,
            "externalId": order,
        }  # fmt: skip
        if at is not None:
            event["ts"] = at.isoformat()
        return {**await self.brand.made("/attribution/events", event), "order": order}

    async def refund(self, sale: Json, value: str | Decimal, currency: str = "USD") -> None:
        """A part of it, or all."""
        amount = Amount(to_minor(Decimal(value), currency), currency)
        async with session_of(self.brand) as session:
            await refund(session, Payment("api", [sale["order"]]), str(new_id()), amount)

    async def report(self) -> Json:
        """As somebody presses the button."""
        return await self.brand.made("/billing/report-usage")

    async def settle(self) -> None:
        """Until there is nothing left to tell."""
        while (await self.report())["reported"]:
            pass

    def counted(self) -> list[str]:
        """The amounts of every meter event, oldest first."""
        return [each["payload"]["value"] for each in self.events()]

    def events(self) -> list[Json]:
        return metered(self.hosting.stripe, self.customer)

    def total(self) -> Decimal:
        return sum((Decimal(value) for value in self.counted()), Decimal(0))

    async def usage(self) -> Json:
        answer = await self.brand.get("/billing/usage")
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown

    async def lines(self) -> list[Any]:
        return await self.brand.fetch(
            "select * from usage_lines where tenant_id = $1 order by id", self.brand.tenant_id
        )


async def seller(hosting: Platform, plan: str = "flex") -> Seller:
    brand, subscription = await hosting.subscriber(plan)
    await brand.execute(
        "update billing_subscriptions set started_at = now() - interval '30 days'"
        " where tenant_id = $1",
        brand.tenant_id,
    )
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(25))
    return Seller(hosting, brand, link, subscription["customer"])
