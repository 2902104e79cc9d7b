"""Any history of sales, refunds, late news, faults and crashes: what is billed is what was attributed."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.support.brand import Json
from tests.support.conversions import click, days_ago, identify
from tests.support.hosted import RATES, Platform
from tests.support.stripe_double.faults import Kind
from tests.support.usage import Seller, seller

FAULTS: tuple[Kind, ...] = ("reset_before", "reset_after", "500_before", "500_after", "429")
# Until Stripe takes no event any more of when the test began.
A_MONTH = 30
DECIMALS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}

Step = tuple[Literal["sell", "late", "refund", "report", "lost", "days", "known"], Any]
amounts = some.integers(1, 50_000)
steps: some.SearchStrategy[list[Step]] = some.lists(
    some.one_of(
        some.tuples(some.just("sell"), some.tuples(amounts, some.sampled_from(sorted(DECIMALS)))),
        some.tuples(some.just("late"), amounts),
        some.tuples(some.just("refund"), some.tuples(some.integers(0, 9), some.integers(1, 100))),
        some.tuples(some.just("report"), some.sampled_from((None, *FAULTS))),
        some.tuples(some.just("lost"), some.tuples(some.sampled_from(FAULTS), some.integers(0, 2))),
        some.tuples(some.just("days"), some.integers(1, 2)),
        some.tuples(some.just("known"), some.none()),
    ),
    min_size=4,
    max_size=10,
)


@dataclass(slots=True)
class History:
    """The brand, beside an account of its sales that knows nothing of lines and reports."""

    selling: Seller
    sales: list[Json] = field(default_factory=list)
    strangers: int = 0
    passed: int = 0

    async def step(self, kind: str, given: Any) -> None:
        stripe = self.selling.hosting.stripe
        if kind == "sell":
            await self.sell(*given, user="customer")
        elif kind == "late":
            # Of somebody whom nobody knows yet, and who bought ten days ago.
            await self.sell(given, "USD", user=f"stranger-{self.strangers}", at=days_ago(10))
        elif kind == "known":
            cref = await click(self.selling.brand, self.selling.link, at=days_ago(11))
            await identify(self.selling.brand, cref, f"stranger-{self.strangers}")
            for sale in self.sales:
                sale["credited"] |= sale["user"] == f"stranger-{self.strangers}"
            self.strangers += 1
        elif kind == "refund" and self.sales:
            await self.refund(self.sales[given[0] % len(self.sales)], given[1])
        elif kind == "report":
            if given is not None:
                stripe.fail(given, "/v1/billing/meter_events")
            await self.selling.brand.post("/billing/report-usage")
        elif kind == "lost":
            # What most runs would not come to by chance: something to tell, and no answer for days.
            fault, days = given
            await self.sell(1000, "USD", user="customer")
            await self.step("report", None)
            await self.sell(2000, "USD", user="customer")
            await self.step("report", fault)
            await self.step("days", days)
        elif kind == "days" and self.passed < A_MONTH:
            await self.days(given)

    async def sell(self, minor: int, currency: str, *, user: str, **more: Any) -> None:
        value = Decimal(minor).scaleb(-DECIMALS[currency])
        made = await self.selling.sell(value, currency, user=user, **more)
        self.sales.append(
            {"order": made["order"], "currency": currency, "value": value, "left": value,
             "user": user, "credited": user == "customer"}
        )  # fmt: skip

    async def refund(self, sale: Json, percent: int) -> None:
        smallest = Decimal(1).scaleb(-DECIMALS[sale["currency"]])
        part = min((sale["value"] * percent / 100).quantize(smallest), sale["left"])
        if part > 0:
            await self.selling.refund(sale, part, sale["currency"])
            sale["left"] -= part

    async def days(self, count: int) -> None:
        """Pass for Stripe, and for whatever is under way here, whose own clock can't be moved."""
        self.passed += count
        self.selling.hosting.stripe.pass_time(timedelta(days=count))
        await self.selling.brand.execute(
            "update usage_reports set posted_at = posted_at - make_interval(days => $2)"
            " where tenant_id = $1 and status = 'pending'",
            self.selling.brand.tenant_id, count,
        )  # fmt: skip

    def attributed(self) -> Decimal:
        """In dollars, each sale at its rate, rounded half up."""
        rates = {**RATES, "USD": Decimal(1)}
        dollars = (
            (sale["left"] * rates[sale["currency"]]).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            for sale in self.sales
            if sale["credited"]
        )
        return sum(dollars, Decimal(0))

    async def check(self) -> None:
        """Invariant 20, once everything that can be told has been."""
        self.selling.hosting.stripe.faults.faults.clear()
        await self.selling.settle()
        events = self.selling.events()
        open_cents = sum(
            line["usd_minor"] for line in await self.selling.lines() if line["report_id"] is None
        )
        assert open_cents <= 0, "what can be billed is billed"
        assert self.selling.total() + Decimal(open_cents) / 100 == self.attributed()
        assert len({event["identifier"] for event in events}) == len(events)
        for event in events:
            assert 0 <= event["created"] - event["timestamp"] + 300 <= 35 * 86_400
        sent = await self.selling.brand.fetch(
            "select sum(usd_minor) from usage_reports where tenant_id = $1 and status = 'sent'",
            self.selling.brand.tenant_id,
        )
        assert Decimal(sent[0][0] or 0) / 100 == self.selling.total()


@settings(
    max_examples=12, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=steps)
async def test_m16_what_is_billed_is_what_was_attributed(
    hosting: Platform, steps: list[Step]
) -> None:
    history = History(await seller(hosting))
    for kind, given_ in steps:
        await history.step(kind, given_)
    await history.check()
