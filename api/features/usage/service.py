"""The rules of usage: every change of an attributed sale becomes lines, once, under the account's lock."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.corrections.for_others import returned_parts
from api.features.subscriptions.for_others import locked_account
from api.features.usage import queries
from api.features.usage.bill import SALES, Line, Sale, lines_for
from api.settings import Settings
from shared.ids import new_id
from shared.models.billing_usage import UsageChange, UsageLine
from shared.money import percent_of, to_major

BATCH = 500
REVSHARE_PERCENT = Decimal(3)
Rates = dict[str, Decimal]


async def write_lines(session: AsyncSession, settings: Settings) -> int:
    """Looks at everything that changed since; answers how many changes wait for a rate.

    One at a time for a brand: two at once would each bring the same sale to where it stands.
    """
    await locked_account(session)
    rates, waiting, after = rates_of(settings), 0, None
    while changes := (await session.execute(queries.changes(after, BATCH))).all():
        after = changes[-1].id
        unknown = await _write(session, {change.event_id for change in changes}, rates)
        done = [change.id for change in changes if change.event_id not in unknown]
        waiting += len(changes) - len(done)
        await session.execute(delete(UsageChange).where(UsageChange.id.in_(done)))
    return waiting


async def _write(session: AsyncSession, events: set[UUID], rates: Rates) -> set[UUID]:
    """Answers which of them can't be billed before somebody names a rate."""
    before: defaultdict[UUID, list[Line]] = defaultdict(list)
    for line in await session.scalars(queries.lines_of(list(events))):
        before[line.event_id].append(_as_line(line))
    fresh, unknown = list[Line](), set[UUID]()
    for sale in await _sales(session, list(events)):
        lines = lines_for(sale, before[sale.event_id], rates.get(sale.currency))
        if lines is None:
            unknown.add(sale.event_id)
        else:
            fresh += lines
    if fresh:
        rows = [{"id": new_id(), **asdict(line)} for line in fresh]
        await session.execute(insert(UsageLine), rows)
    return unknown


async def _sales(session: AsyncSession, events: Sequence[UUID]) -> list[Sale]:
    returned = await returned_parts(session, events)
    return [
        Sale(
            event_id=row.id,
            type=row.type,
            value_minor=row.value_minor,
            currency=row.currency,
            credited=row.credited,
            returned=returned[row.id],
            subscription_id=row.subscription_id,
        )
        for row in await session.execute(queries.STANDING, {"events": list(events)})
    ]


def _as_line(line: UsageLine) -> Line:
    return Line(
        event_id=line.event_id,
        subscription_id=line.subscription_id,
        reason=line.reason,  # type: ignore[arg-type]  # a check of the table's keeps it to these
        amount_minor=line.amount_minor,
        currency=line.currency,
        usd_rate=line.usd_rate,
        usd_minor=line.usd_minor,
    )


def rates_of(settings: Settings) -> Rates:
    """US dollars for one unit of each currency that can be billed."""
    return {**settings.billing_usd_rates, "USD": Decimal(1)}


async def catch_up(session: AsyncSession, subscription_id: UUID) -> None:
    """Sales since a subscription began that were credited before we knew of it."""
    values = {"subscription": subscription_id, "types": list(SALES)}
    await session.execute(queries.CATCH_UP, values)


async def open_amounts(session: AsyncSession) -> dict[str, str]:
    """By currency, what no report carries yet."""
    rows = await session.execute(queries.by_currency())
    return {currency: to_major(int(minor), currency) for currency, minor in rows}


async def accrued_fees(session: AsyncSession, since: datetime | None) -> dict[str, str]:
    """By currency, a revenue share's part of what was sold since then, less what was refunded."""
    rows = await session.execute(queries.by_currency(since))
    return {
        currency: to_major(percent_of(int(minor), REVSHARE_PERCENT), currency)
        for currency, minor in rows
    }


async def waiting_for_rate(session: AsyncSession, settings: Settings) -> list[str]:
    """Currencies in which something was sold and that nobody has named a rate for."""
    rates, found = rates_of(settings), await session.scalars(queries.waiting_currencies())
    return [currency for currency in found if currency not in rates]
