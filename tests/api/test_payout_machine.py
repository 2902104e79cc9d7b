"""Whatever happens, and wherever a worker dies: nobody is paid twice or short, and what is stuck shows.

`PAYOUT_MACHINE_RUNS` sets how many runs there are; docs/guides/payouts.md says how many were made.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions import withholding
from api.features.commissions.for_others import Withheld, unpay
from api.features.payouts import checking, outcomes, records, runs, sending, transfers
from api.features.payouts.outcomes import Finding
from shared.database import Database, open_database
from shared.ids import new_id
from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer
from tests.support.databases import Scratch
from tests.support.payout_machine import Machine

RUNS = int(os.environ.get("PAYOUT_MACHINE_RUNS", "25"))
Step = tuple[str, dict[str, Any]]

crashes = st.none() | st.integers(1, 130)
faults = st.sampled_from(
    [None, None, "timeout_before", "timeout_after", "reset_before", "reset_after", "500_before",
     "500_after", "429"]
)  # fmt: skip


def step(name: str, **arguments: Any) -> Any:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


amounts = st.integers(1, 10_000)
earned = step("earn", amount=amounts) | step("sell", amount=amounts)
refunded = step("refund", which=st.integers(0, 3), amount=st.none() | amounts)
ran = step("run", crash=crashes)
sent = step("send", fault=faults, crash=crashes, workers=st.sampled_from([1, 1, 2, 3]))
# So that the next attempt may come, within a key's life, or after it.
spans = [timedelta(minutes=3), timedelta(minutes=3), timedelta(hours=20), timedelta(hours=25)]
waited = step("wait", span=st.sampled_from(spans))
checked = step("check", crash=crashes)
reversed_one = step("reverse", which=st.integers(0, 3), amount=st.none() | amounts)
operated = step(
    "operate",
    action=st.sampled_from(
        ["release_intent_for_retry", "dispose_intent", "resolve_duplicate_review"]
    ),
    crash=crashes,
)
# Left to itself, chance seldom pays anybody: each round has what leads there.
rounds = st.tuples(
    earned, ran, sent, waited, sent,
    st.lists(
        waited | sent | checked | reversed_one | operated | ran | earned | refunded, max_size=4
    ),
).map(lambda parts: [*parts[:-1], *parts[-1]])  # fmt: skip
lives = st.lists(rounds, min_size=1, max_size=2).map(
    lambda parts: [one for part in parts for one in part]
)


async def live(database: Database, superuser: asyncpg.Connection, steps: list[Step]) -> None:
    machine = await Machine.new(database, superuser)
    for name, arguments in steps:
        await getattr(machine, name)(**arguments)
        await machine.hold()
    await machine.end()


def lived(scratch: Scratch, count: int) -> None:
    """So many lives, in a loop of their own: Hypothesis calls what is not asynchronous."""
    with asyncio.Runner() as runner:
        database = open_database(scratch.urls.app, pool=8)
        superuser = runner.run(scratch.connect())

        @settings(
            max_examples=count, report_multiple_bugs=False, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(steps=lives)
        def search(steps: list[Step]) -> None:
            runner.run(live(database, superuser, steps))

        try:
            search()
        finally:
            runner.run(superuser.close())
            runner.run(database.close())


@pytest.mark.timeout(0)
def test_nobody_is_paid_twice_or_short_wherever_a_worker_dies(scratch: Scratch) -> None:
    lived(scratch, RUNS)


def reversal_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> None:
        """The money that came back is forgotten."""

    monkeypatch.setattr(checking, "take_back", nothing)


def partial_as_full(monkeypatch: pytest.MonkeyPatch) -> None:
    async def everything(session: Any, payout: Any, _: int) -> bool:
        await unpay(session, payout.id)
        return True

    monkeypatch.setattr(records, "note_returned", everything)


def no_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> None:
        """What a payout is for stays free for the next one, and nothing has to be settled."""

    async def enough(session: AsyncSession, payout_id: UUID) -> int:
        found = await session.scalar(select(Payout.amount_minor).where(Payout.id == payout_id))
        return found or 0

    monkeypatch.setattr(runs, "claim", nothing)
    monkeypatch.setattr(records, "claimed", enough)
    monkeypatch.setattr(records, "settle_claims", nothing)


def new_key_per_try(monkeypatch: pytest.MonkeyPatch) -> None:
    create = transfers.create

    async def anew(stripe: Any, order: Any) -> Any:
        return await create(stripe, replace(order, key=f"{order.key}:{new_id()}"))

    monkeypatch.setattr(transfers, "create", anew)


def no_look_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "KEY_LIVES", timedelta(days=10_000))


def life_counted_from_the_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    take = sending._lease  # noqa: SLF001  # a mutant changes what nobody else may

    async def prolonged(session: Any, payout: Any, transfer: Any, step: Any) -> Any:
        turn = await take(session, payout, transfer, step)
        again = update(PayoutTransfer).values(first_posted_at=func.now())
        await session.execute(again.where(PayoutTransfer.id == transfer.id))
        return turn

    monkeypatch.setattr(sending, "_lease", prolonged)


def silence_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    settle = outcomes.settle

    async def hasty(session: Any, order: Any, finding: Finding) -> None:
        no = Finding("refused", code="timeout")
        await settle(session, order, no if finding.kind == "unclear" else finding)

    monkeypatch.setattr(sending, "settle", hasty)


def refund_skipped_after_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    change = withholding._change  # noqa: SLF001  # a mutant changes what nobody else may

    def unless_paid(commission: Any, part: Any) -> Any:
        return None if commission.status == "paid" else change(commission, part)

    monkeypatch.setattr(withholding, "_change", unless_paid)


def partial_refund_as_full(monkeypatch: pytest.MonkeyPatch) -> None:
    change = withholding._change  # noqa: SLF001  # a mutant changes what nobody else may

    def whole(commission: Any, part: Withheld) -> Any:
        return change(commission, Withheld(Fraction(1)) if part.returned else part)

    monkeypatch.setattr(withholding, "_change", whole)


CALM = {"fault": None, "crash": None, "workers": 1}
RAN: list[Step] = [("earn", {"amount": 2}), ("run", {"crash": None})]
PAID: list[Step] = [*RAN, ("send", CALM), ("wait", {"span": timedelta(minutes=3)}), ("send", CALM)]
SOLD: list[Step] = [("sell", {"amount": 5}), *PAID[1:]]
WAITED: Step = ("wait", {"span": timedelta(hours=20)})
ANSWER_LOST: list[Step] = [*RAN, ("send", CALM | {"fault": "timeout_after"})]
# For each fault the shortest life that shows it, as the search has found them within 400 lives.
MUTANTS: list[tuple[Callable[[pytest.MonkeyPatch], None], list[Step]]] = [
    (reversal_skipped, [*PAID, ("reverse", {"which": 0, "amount": None})]),
    (partial_as_full, [*PAID, ("reverse", {"which": 0, "amount": 1})]),
    (no_reserve, PAID),
    (new_key_per_try, [*ANSWER_LOST, *PAID[3:]]),
    (silence_as_a_refusal, [*ANSWER_LOST, *PAID[1:]]),
    (
        life_counted_from_the_last_attempt,
        [
            *ANSWER_LOST,
            WAITED,
            ("send", CALM | {"fault": "timeout_before"}),
            WAITED,
            ("send", CALM),
        ],
    ),
    (refund_skipped_after_pay, [*SOLD, ("refund", {"which": 0, "amount": None})]),
    (partial_refund_as_full, [*SOLD, ("refund", {"which": 0, "amount": 1})]),
    (no_look_after_a_day, [*ANSWER_LOST, ("wait", {"span": timedelta(hours=25)}), ("send", CALM)]),
]


@pytest.mark.parametrize(("mutant", "life"), MUTANTS)
async def test_the_machine_catches_what_others_got_wrong(
    scratch: Scratch,
    monkeypatch: pytest.MonkeyPatch,
    mutant: Callable[[pytest.MonkeyPatch], None],
    life: list[Step],
) -> None:
    """A test of the test: the same life is a good one without the fault, and a bad one with it."""
    database, superuser = open_database(scratch.urls.app, pool=8), await scratch.connect()
    try:
        await live(database, superuser, life)
        mutant(monkeypatch)
        with pytest.raises(AssertionError, match=r"^(paid|short|the books)"):
            await live(database, superuser, life)
    finally:
        await superuser.close()
        await database.close()
