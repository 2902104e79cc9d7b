"""Puts a statement together from the ledger, so that it says what the books say."""

from collections import defaultdict
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.partners.for_others import partner_of
from api.features.program_settings.for_others import program_name
from api.features.statements import queries
from api.features.statements.schemas import (
    Sort,
    StatementCurrency,
    StatementLine,
    StatementOut,
)
from shared.clock import now
from shared.money import to_major

PAYOUTS = {"paid", "unpaid", "unconfirmed", "returned"}
ADJUSTMENTS = {"bonus", "manual", "repricing", "write_off"}
WORDS = {
    "accrual": "Commission earned",
    "reversal": "Commission reversed",
    "refund": "Refund of a sale",
    "refund_total": "Refund of a sale",
    "dispute": "Dispute of a sale",
    "paid": "Payout",
    "unpaid": "Payout that came back",
    "unconfirmed": "Payout that was not made after all",
    "returned": "Part of a payout that came back, or is carried",
    "bonus": "Bonus",
    "manual": "Adjustment",
    "repricing": "Commission worked out anew",
    "write_off": "Debt forgiven",
}
DECEMBER = 12


def month_of(text: str | None) -> tuple[date, date]:
    """The first day of a month `2026-11`, and of the one after it; of this month without one."""
    first = date.fromisoformat(f"{text}-01") if text else now().astimezone(UTC).date()
    first = first.replace(day=1)
    following = (
        first.replace(year=first.year + 1, month=1)
        if first.month == DECEMBER
        else first.replace(month=first.month + 1)
    )
    return first, following


async def statement(session: AsyncSession, partner_id: UUID, month: str | None) -> StatementOut:
    """A partner's month; currencies in which nothing was owed and nothing moved are left out."""
    partner = await partner_of(session, partner_id)
    since, until = month_of(month)
    begin, end = _midnight(since), _midnight(until)
    opening: defaultdict[str, int] = defaultdict(int)
    for currency, amount in await session.execute(queries.owed_before(partner_id, begin)):
        opening[currency] = amount
    lines: defaultdict[str, list[tuple[StatementLine, int]]] = defaultdict(list)
    moved = await session.execute(queries.movements(partner_id, begin, end))
    for _, at, kind, key, currency, amount in moved:
        lines[currency].append((_line(at, kind, key, currency, amount), amount))
    currencies = sorted({code for code, amount in opening.items() if amount} | set(lines))
    return StatementOut(
        partner_id=partner_id,
        partner_name=partner.name,
        program=await program_name(session),
        month=since.strftime("%Y-%m"),
        since=since,
        until=until,
        currencies=[_currency(code, opening[code], lines[code]) for code in currencies],
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _sort(kind: str) -> Sort:
    if kind in PAYOUTS:
        return "payout"
    return "adjustment" if kind in ADJUSTMENTS else "commission"


def _line(at: datetime, kind: str, key: str, currency: str, amount: int) -> StatementLine:
    words = WORDS.get(kind, kind.replace("_", " ").capitalize())
    # The end of its id is what people find a payout by.
    named = f" {key.split(':')[1][-12:]}" if kind in PAYOUTS else ""
    return StatementLine(
        at=at,
        sort=_sort(kind),
        kind=kind,
        description=words + named,
        amount=to_major(amount, currency),
    )


def _currency(code: str, opening: int, lines: list[tuple[StatementLine, int]]) -> StatementCurrency:
    sums: dict[Sort, int] = {"commission": 0, "adjustment": 0, "payout": 0}
    for line, amount in lines:
        sums[line.sort] += amount
    return StatementCurrency(
        currency=code,
        opening=to_major(opening, code),
        commissions=to_major(sums["commission"], code),
        adjustments=to_major(sums["adjustment"], code),
        payouts=to_major(sums["payout"], code),
        closing=to_major(opening + sum(sums.values()), code),
        lines=[line for line, _ in lines],
    )
