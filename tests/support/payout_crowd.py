"""Many payouts of one brand, several runners at once, and a Stripe of whose answers many are lost."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import asyncpg
from sqlalchemy import select

from api.features.corrections.for_others import Adjustment, adjust
from api.features.payouts import queries, runs, sending
from api.features.payouts.rails import Means
from api.features.payouts.runs import Starter
from api.features.payouts.sending import Desk
from shared.database import Database
from shared.ids import new_id
from shared.models.partner import Partner
from shared.models.payout import Payout
from tests.support.payout_machine import CURRENCY, pass_time, stripe_at
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.faults import Fault, FaultPlan, Kind

RUNNERS, PAYOUTS, LOST = 4, 20, 0.2
# More than any payout needs: of a thousand attempts in a row one would have to be answered.
MOST_ROUNDS = 40
SILENCES: tuple[Kind, ...] = ("timeout_before", "timeout_after", "reset_after", "500_before")


@dataclass(slots=True)
class Losing(FaultPlan):
    """A part of the transfers that are asked for gets no answer, done or not."""

    chance: Random = field(default_factory=Random)

    def next(self, method: str, path: str) -> Fault | None:
        if method == "POST" and self.chance.random() < LOST:
            return Fault(self.chance.choice(SILENCES), method, path)
        return None


@dataclass(frozen=True, slots=True)
class Result:
    """How many payouts were made, and how many transfers there are of them."""

    payouts: int
    transfers: int
    paid: int


async def crowd(database: Database, superuser: asyncpg.Connection, seed: int) -> Result:
    """One trial: every runner wants every payout, in an order of its own, until all are through."""
    double, tenant, chance = StripeDouble(), new_id(), Random(seed)
    double.faults = Losing(chance=chance)
    await superuser.execute(
        "insert into tenants (id, slug, display_name) values ($1, $2, 'Crowd')",
        tenant, f"crowd-{tenant.hex[:20]}",
    )  # fmt: skip
    desk = Desk(tenant, database, stripe_at(double), Means(stripe=True, funded=True))
    await _plan(desk, double, chance)
    for _ in range(MOST_ROUNDS):
        async with database.tenant_session(tenant) as session:
            waiting = list(await session.scalars(queries.live_transfers()))
        if not waiting:
            break
        orders = [chance.sample(waiting, len(waiting)) for _ in range(RUNNERS)]
        await asyncio.gather(*(_work(desk, order) for order in orders))
        double.pass_time(timedelta(minutes=3))
        await pass_time(superuser, tenant, timedelta(minutes=3))
    async with database.tenant_session(tenant) as session:
        status = list(await session.scalars(select(Payout.status)))
    return Result(len(status), len(double.store.all("transfer")), status.count("paid"))


async def _plan(desk: Desk, double: StripeDouble, chance: Random) -> None:
    partners = []
    for number in range(PAYOUTS):
        double.store.put("account", {"id": f"acct_{number}", "payouts_enabled": True})
        partners.append(
            Partner(
                id=new_id(), email=f"{number}@example.com", name="Crowd",
                stripe_connect_account_id=f"acct_{number}",
                details={"stripe": {"payoutsEnabled": True}},
            )
        )  # fmt: skip
    earned = [
        Adjustment(one.id, CURRENCY, chance.randint(1, 10_000), "bonus", f"bonus:{one.id}")
        for one in partners
    ]
    async with desk.database.tenant_session(desk.tenant_id) as session:
        session.add_all(partners)
        await session.flush()
        await adjust(session, earned)
        await runs.run(session, "selfhost", desk.means, Starter("crowd"))


async def _work(desk: Desk, order: list[UUID]) -> None:
    for payout in order:
        await sending.send(desk, payout)
