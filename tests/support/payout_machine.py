"""A brand with one partner, its payouts, and a Stripe: what can happen to them, and what has to hold.

Crashes are real in what they leave behind: an exception that nothing of ours catches is thrown into
the line on which the worker is to die, so that whatever isn't committed is rolled back.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import asyncpg
import stripe
from sqlalchemy import select

from api.errors import ApiError
from api.features.corrections.for_others import Adjustment, adjust
from api.features.ledger.for_others import balances
from api.features.payouts import checking, queries, recovery, runs, sending
from api.features.payouts.rails import Means
from api.features.payouts.runs import Starter
from api.features.payouts.schemas import PayoutRecovery
from api.features.payouts.sending import Desk
from api.features.payouts.transfers import Unclear
from api.outside.stripe import API_VERSION, Stripe
from shared.database import Database
from shared.ids import new_id
from shared.models.partner import Partner
from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer
from tests.support.payout_sales import Sales
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.double import SECRET_KEY
from tests.support.stripe_double.transfers import reverse

OURS = str(Path(sending.__file__).parent)
CURRENCY = "USD"


class Crash(BaseException):
    """The worker dies here."""


@contextmanager
def dying(line: int | None) -> Iterator[None]:
    """Dies on the n-th line of the payouts' own code that is run, whichever it is; None: never."""
    if line is None:
        yield
        return
    left = line

    def local(_: FrameType, event: str, __: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise Crash
        return local

    def trace(frame: FrameType, _: str, __: Any) -> Any:
        return local if frame.f_code.co_filename.startswith(OURS) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with suppress(Crash):
            yield
    finally:
        sys.settrace(before)


class InProcess(stripe.HTTPClient):
    """The library's HTTP without sockets: the double is asked directly, and answers or is silent."""

    name = "in-process"

    def __init__(self, double: StripeDouble) -> None:
        super().__init__()
        self.double = double

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        path, _, query = url.removeprefix("http://double").partition("?")
        scope = {
            "type": "http", "method": method.upper(), "path": path,
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), str(v).encode()) for k, v in headers.items()],
        }  # fmt: skip
        sent: list[dict[str, Any]] = [{"type": "http.request", "body": (post_data or "").encode()},
                {"type": "http.disconnect"}]  # fmt: skip
        answered: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return sent.pop(0)

        async def send(message: Any) -> None:
            answered.append(message)

        await self.double(scope, receive, send)
        if not answered or answered[-1].get("more_body"):
            lost: stripe.APIConnectionError = stripe.APIConnectionError("no answer")  # type: ignore[no-untyped-call]  # the library's constructor has no types
            raise lost
        named = {k.decode(): v.decode() for k, v in answered[0]["headers"]}
        return answered[1]["body"], answered[0]["status"], named

    async def close_async(self) -> None:
        """Nothing is open."""


def stripe_at(double: StripeDouble) -> Stripe:
    """The real library, asking this double."""
    made = Stripe(SECRET_KEY, "http://double")
    made._clients[SECRET_KEY, "http://double"] = stripe.StripeClient(  # noqa: SLF001  # there is no other way past its sockets
        SECRET_KEY,
        stripe_version=API_VERSION,
        base_addresses=dict.fromkeys(("api", "connect", "files", "meter_events"), "http://double"),  # type: ignore[arg-type]  # the library's TypedDict has just these keys
        max_network_retries=0,
        http_client=InProcess(double),
    )
    return made


async def pass_time(superuser: asyncpg.Connection, tenant_id: UUID, span: timedelta) -> None:
    """As if all that was done about this brand's payouts had been done so much earlier."""
    await superuser.execute(
        "update payout_transfers set first_posted_at = first_posted_at - $2::interval,"
        " last_attempt_at = last_attempt_at - $2::interval,"
        " leased_until = leased_until - $2::interval where tenant_id = $1",
        tenant_id, span,
    )  # fmt: skip
    await superuser.execute(
        "update payouts set created_at = created_at - $2::interval where tenant_id = $1",
        tenant_id, span,
    )  # fmt: skip


@dataclass(slots=True)
class Machine:
    """One partner of one brand; `earned` is what they have earned and keep, in minor units.

    `most` is the most that it ever was: nobody ever gets more, whatever was refunded since.
    """

    desk: Desk
    double: StripeDouble
    superuser: asyncpg.Connection
    partner_id: UUID
    sales: Sales
    earned: int = 0
    most: int = 0
    given: int = 0

    @classmethod
    async def new(cls, database: Database, superuser: asyncpg.Connection) -> "Machine":
        double, tenant = StripeDouble(), new_id()
        await superuser.execute(
            "insert into tenants (id, slug, display_name) values ($1, $2, 'Machine')",
            tenant, f"machine-{tenant.hex}",
        )  # fmt: skip
        double.store.put("account", {"id": "acct_machine", "payouts_enabled": True})
        partner = Partner(
            id=new_id(), email="machine@example.com", name="Machine",
            stripe_connect_account_id="acct_machine", details={"stripe": {"payoutsEnabled": True}},
        )  # fmt: skip
        async with database.tenant_session(tenant) as session:
            session.add(partner)
        desk = Desk(tenant, database, stripe_at(double), Means(stripe=True, funded=True))
        sales = Sales(database, superuser, tenant, partner.id, CURRENCY)
        return cls(desk, double, superuser, partner.id, sales)

    async def sell(self, amount: int) -> None:
        self._owed(amount)
        await self.sales.sell(amount)

    async def refund(self, which: int, amount: int | None) -> None:
        """A customer gets a part of what they paid, or all of it, whether it was paid out or not."""
        self.earned -= await self.sales.refund(which, amount)

    def _owed(self, amount: int) -> None:
        self.earned += amount
        self.most = max(self.most, self.earned)

    async def earn(self, amount: int) -> None:
        self._owed(amount)
        self.given += 1
        given = Adjustment(self.partner_id, CURRENCY, amount, "bonus", f"bonus:{self.given}")
        async with self._session() as session:
            await adjust(session, [given])

    def _session(self) -> Any:
        return self.desk.database.tenant_session(self.desk.tenant_id)

    async def run(self, crash: int | None = None) -> None:
        with dying(crash):
            async with self._session() as session:
                await runs.run(session, "selfhost", self.desk.means, Starter("machine"))

    async def live(self) -> list[UUID]:
        async with self._session() as session:
            return list(await session.scalars(queries.live_transfers()))

    async def payouts(self) -> list[tuple[Payout, PayoutTransfer]]:
        async with self._session() as session:
            rows = await session.execute(
                select(Payout, PayoutTransfer)
                .join(PayoutTransfer, PayoutTransfer.payout_id == Payout.id)
                .order_by(Payout.id)
            )
            return [(row[0], row[1]) for row in rows]

    async def send(self, fault: Any = None, crash: int | None = None, workers: int = 1) -> None:
        """What the sweep does, by so many workers at once; one of them may die of it."""
        if fault is not None:
            self.double.fail(fault, "/v1/transfers")
        for payout in await self.live():
            with dying(crash):
                await asyncio.gather(
                    *(sending.send(self.desk, payout) for _ in range(workers)),
                    return_exceptions=workers > 1,
                )
        self.double.faults.faults.clear()

    async def check(self, crash: int | None = None) -> None:
        """Stripe tells of every transfer that it has."""
        for payout, _ in await self.payouts():
            with dying(crash), suppress(Unclear):
                await checking.check(self.desk, payout.id)

    async def reverse(self, which: int, amount: int | None) -> None:
        live = [one for one in self.double.store.all("transfer")
                if one["amount_reversed"] < one["amount"]]  # fmt: skip
        if live:
            one = live[which % len(live)]
            left = one["amount"] - one["amount_reversed"]
            reverse(self.double, one["id"], None if amount is None else min(amount, left))

    async def operate(self, action: Any, crash: int | None = None) -> None:
        """An operator who tries this on whatever there is."""
        for payout, transfer in await self.payouts():
            told = {"action": action, "observedGeneration": transfer.generation}
            wanted = PayoutRecovery.model_validate(told)
            with dying(crash), suppress(ApiError):
                await recovery.recover(self.desk, payout.id, wanted, "operator")

    async def wait(self, span: timedelta) -> None:
        """Time passes, here and at Stripe."""
        self.double.pass_time(span)
        await pass_time(self.superuser, self.desk.tenant_id, span)

    def received(self) -> int:
        """What Stripe has given the partner and not taken back."""
        return sum(
            one["amount"] - one["amount_reversed"] for one in self.double.store.all("transfer")
        )

    async def hold(self) -> None:
        """At every moment: never more than was earned, and never two live transfers of a payout."""
        received = self.received()
        assert received <= self.most, f"paid {received} of {self.most}"
        groups = [one["transfer_group"] for one in self.double.store.all("transfer")
                  if one["amount_reversed"] < one["amount"]]  # fmt: skip
        assert len(groups) == len(set(groups)), "paid twice"
        assert self.double.violations == []

    async def end(self) -> None:
        """All faults are over: everybody has what they earned, or it is in sight why not."""
        for _ in range(2):
            await self.check()
            await self.wait(timedelta(hours=25))
            await self.send()
            await self.run()
        await self.hold()
        async with self._session() as session:
            stuck = list((await session.execute(
                queries.payouts_shown().where(queries.is_stuck()))).all())  # fmt: skip
            balance = next(iter(await balances(session, self.partner_id)), None)
        if balance is None:
            assert self.most == 0, "short: nothing of it was ever written down"
            return
        assert balance.earned == self.earned, f"the books say {balance.earned} of {self.earned}"
        # What is available is blocked until what is stuck is settled, as every preview says; below
        # zero it is what the partner owes after refunds.
        held = sum(row[0].amount_minor for row in stuck) + balance.available
        assert self.received() + held >= self.earned, (
            f"short: {self.received()} received and {held} in sight of {self.earned}"
        )
        if not stuck:
            assert balance.paid == self.received(), f"paid {self.received()}, booked {balance.paid}"
            assert balance.available <= 0, f"short: {balance.available} was left lying"
            assert balance.paid + balance.available == self.earned
