"""Partners with Stripe accounts, what they have coming, and the steps by which it is sent."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from shared.ids import new_id
from tests.support.brand import Brand, Json
from tests.support.conversions import days_ago, promotion, report, visit
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.accounts import onboard
from tests.support.stripe_double.faults import Fault
from tests.support.working import Worker

RETURN = {"returnUrl": "https://shop.example/done", "refreshUrl": "https://shop.example/again"}


async def approved(brand: Brand, link: Json, **event: object) -> str:
    """An approved commission of this link's partner: 40.00 USD, unless the event says otherwise."""
    user = str(new_id())
    await visit(brand, link, user, at=days_ago(1))
    reported = await report(brand, user, **event)
    commission: str = reported["attribution"]["touches"][0]["commissionId"]
    await brand.made(f"/commissions/{commission}/approve")
    return commission


@dataclass(slots=True)
class Sending:
    """A brand whose one partner is paid through Stripe."""

    brand: Brand
    double: StripeDouble
    worker: Worker
    link: Json
    account: str

    @classmethod
    async def at(cls, brand: Brand, double: StripeDouble, worker: Worker) -> "Sending":
        link = await promotion(brand)
        sending = cls(brand, double, worker, link, await connect(brand, double, link["partnerId"]))
        worker.runner.outside.stripe.seconds = 1
        return sending

    @property
    def partner_id(self) -> str:
        return str(self.link["partnerId"])

    async def planned(self, *values: str) -> str:
        """A payout over 40.00, or over 20 % of these values; its id."""
        for value in values or ("200.00",):
            await approved(self.brand, self.link, value=value)
        [payout] = (await self.brand.made("/payouts/run"))["payouts"]
        return str(payout["payoutId"])

    async def work(self) -> None:
        """Whatever is due."""
        await self.worker.drain()

    async def sweep(self) -> None:
        """What comes by every quarter of an hour."""
        await self.worker.chore("payout-transfers", self.brand.tenant_id)

    async def shown(self, payout_id: str) -> Json:
        answer = await self.brand.get(f"/payouts/{payout_id}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()["payout"]
        return found

    async def state(self, payout_id: str) -> tuple[str, str]:
        """The payout's status and its transfer's state."""
        shown = await self.shown(payout_id)
        return shown["status"], shown["transfer"]["state"]

    async def history(self, payout_id: str) -> list[str]:
        answer = await self.brand.get(f"/payouts/{payout_id}")
        return [step["action"] for step in answer.json()["history"]]

    async def later(self, payout_id: str, span: timedelta) -> None:
        """As if everything so far had happened this much earlier, here and at Stripe."""
        self.double.pass_time(span)
        await self.brand.execute(
            "update payout_transfers set first_posted_at = first_posted_at - $2::interval,"
            " last_attempt_at = last_attempt_at - $2::interval,"
            " leased_until = leased_until - $2::interval where payout_id = $1",
            UUID(payout_id), span,
        )  # fmt: skip

    async def held(self) -> tuple[asyncio.Task[None], Fault]:
        """A sweep that waits within Stripe, until the fault is released."""
        fault = self.double.fail("held", "/v1/transfers")
        task = asyncio.create_task(self.sweep())
        async with asyncio.timeout(20):
            await fault.reached.wait()
        return task, fault

    async def cooled(self, payout_id: str) -> None:
        """The lease of whoever asked last is over."""
        await self.later(payout_id, timedelta(minutes=3))

    async def decide(self, payout_id: str, action: str, **more: Any) -> httpx2.Response:
        """An operator's decision, at the present generation unless `more` says otherwise."""
        if "observedGeneration" not in more:
            shown = await self.shown(payout_id)
            more["observedGeneration"] = shown["transfer"]["generation"]
        return await self.brand.post(f"/payouts/{payout_id}/recovery", {"action": action, **more})

    def transfers(self) -> list[Json]:
        """All that Stripe has made for this brand."""
        mine = str(self.brand.tenant_id)
        made = self.double.store.all("transfer")
        return [one for one in made if one["metadata"]["openpartner_tenant_id"] == mine]

    def posts(self) -> list[str | None]:
        """The key of each attempt that reached Stripe."""
        return [call.key for call in self.double.asked("POST", "/v1/transfers")]

    async def over(self) -> None:
        """Leaves nothing under way that would reach the Stripe of another test."""
        await self.brand.execute(
            "update jobs set dead_at = now() where tenant_id = $1 and done_at is null",
            self.brand.tenant_id,
        )
        await self.brand.execute(
            "update tenants set status = 'suspended' where id = $1", self.brand.tenant_id
        )


async def connect(brand: Brand, double: StripeDouble, partner_id: str, **told: bool) -> str:
    """The partner's Stripe account, onboarded as its owner would do it; its id."""
    await brand.made(f"/partners/{partner_id}/connect/start", RETURN)
    [partner] = await brand.fetch(
        "select stripe_connect_account_id as account from partners where id = $1", UUID(partner_id)
    )
    onboard(double, partner["account"], **told)
    answer = await brand.get(f"/partners/{partner_id}/connect/status")
    assert answer.json()["connected"] is True
    account: str = partner["account"]
    return account
