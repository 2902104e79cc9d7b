"""Freezing what was paid: each payout in one report, and the mark moves only when it was heard."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.network.for_others import membership_of
from api.features.network_pushes.for_others import REPORTED_UNTIL, add, reported_until
from api.features.partners.for_others import NETWORK
from api.features.program_settings.for_others import write_setting
from shared.ids import new_id
from shared.models.event import Event
from shared.models.network import NetworkPayoutReport, NetworkPush, NetworkReportedPayout
from shared.models.partner import Partner
from shared.models.payout import Payout
from shared.money import to_major

KIND = "payout_report"
# A payout that was committed late has an earlier time than the mark; this is how late it may be.
LATE = timedelta(hours=1)


async def report_payouts(session: AsyncSession) -> None:
    """Freezes a report where something was paid, or sends the one again that was never heard."""
    membership = await membership_of(session)
    since = membership.since
    if not membership.is_connected or since is None:
        return
    waiting = await session.scalar(
        select(NetworkPayoutReport)
        .where(NetworkPayoutReport.reported_at.is_(None))
        .with_for_update()
    )
    if waiting is not None:
        await _send_again(session, waiting.id)
        return
    marked = await reported_until(session)
    mark = max(since, datetime.fromisoformat(marked)) if marked else since
    until = (await session.scalars(select(func.now()))).one()
    paid = (await session.execute(_unreported(since, mark, until))).all()
    if not paid:
        await write_setting(session, REPORTED_UNTIL, {"until": until.isoformat()})
        return
    report = NetworkPayoutReport(id=new_id(), since_at=mark, until_at=until, amounts=_amounts(paid))
    session.add(report)
    await session.flush()
    lines = [{"payout_id": row.id, "report_id": report.id} for row in paid]
    await session.execute(insert(NetworkReportedPayout), lines)
    await add(session, KIND, reportId=str(report.id))


def _unreported(since: datetime, mark: datetime, until: datetime) -> Select[Any]:
    """Payouts of creators, in no report yet, since the mark and never from before we joined."""
    told = exists().where(NetworkReportedPayout.payout_id == Payout.id)
    return (
        select(
            Payout.id,
            Payout.currency,
            Payout.amount_minor,
            (Partner.details["source"].astext == NETWORK).label("originated"),
        )
        .join(Partner, Partner.id == Payout.partner_id)
        .where(
            Payout.status == "paid",
            Payout.completed_at > since,
            Payout.completed_at > mark - LATE,
            Payout.completed_at <= until,
            Partner.details["network"]["creatorId"].astext.is_not(None),
            ~told,
        )
        .order_by(Payout.id)
    )


def _amounts(paid: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """One line for each currency: nothing is converted."""
    lines = []
    for currency in sorted({row.currency for row in paid}):
        rows = [row for row in paid if row.currency == currency]
        brought = [row for row in rows if row.originated]
        lines.append(
            {
                "currency": currency,
                "amount": to_major(sum(row.amount_minor for row in rows), currency),
                "originated": to_major(sum(row.amount_minor for row in brought), currency),
            }
        )
    return lines


async def _send_again(session: AsyncSession, report_id: UUID) -> None:
    """Unless it is still being tried; the same report under the same id, so it is counted once."""
    this = NetworkPush.body["reportId"].astext == str(report_id)
    alive = select(NetworkPush.id).where(this, NetworkPush.status == "pending")
    if await session.scalar(alive) is None:
        await session.execute(delete(NetworkPush).where(this, NetworkPush.status == "dead"))
        await add(session, KIND, reportId=str(report_id))


async def pulse(session: AsyncSession) -> dict[str, Any]:
    """What a heartbeat says."""
    count = func.count(case((Partner.revoked_at.is_(None), 1)))
    partners = await session.scalar(select(count))
    last = await session.scalar(select(Event.created_at).order_by(Event.id.desc()).limit(1))
    return {
        "partnerCount": partners or 0,
        "lastEventAt": last and last.isoformat().replace("+00:00", "Z"),
    }
