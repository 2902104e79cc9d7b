"""What is said for each kind of push, read in one short transaction, and what its answer leaves behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.network.for_others import leave
from api.features.network_pushes.partners import standing, written
from api.features.network_pushes.queries import KNOWN_AS
from api.features.program_settings.for_others import write_setting
from api.outside.network import below
from shared.models.network import NetworkPayoutReport, NetworkPush
from shared.models.partner import Partner
from shared.models.setting import Setting
from shared.models.tenant import Tenant

REPORTED_UNTIL = "network_payouts_reported"
LONGEST_ID = 64

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A call to make; `covers` are the pushes that it settles, its own and older ones of a partner."""

    kind: str
    path: str
    body: Json
    covers: list[UUID] = field(default_factory=list)
    once: str | None = None
    report_id: UUID | None = None


async def pack(session: AsyncSession, push: NetworkPush) -> Parcel | None:
    """None where there is nothing left to say."""
    if push.kind == "partner":
        return await _partner(session, push)
    if push.kind == "partners":
        return await _partners(session, push)
    if push.kind == "payout_report":
        return await _report(session, push)
    if push.kind == "departure":
        return await _departure(session, push)
    said = {name: value for name, value in push.body.items() if name != "requestId"}
    path = below("vendors", "me", "requests", push.body["requestId"], "approve")
    return Parcel("approval", path, said, [push.id], once=str(push.id))


async def _partner(session: AsyncSession, push: NetworkPush) -> Parcel | None:
    # First the pushes, then the partner: of whatever is covered, the change is seen below.
    others = select(NetworkPush.id).where(
        NetworkPush.partner_id == push.partner_id, NetworkPush.kind == "partner"
    )
    covers = list(await session.scalars(others))
    query = select(Partner, func.clock_timestamp()).where(Partner.id == push.partner_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    return Parcel("partner", "/partners/upsert", standing(*found), covers)


async def _partners(session: AsyncSession, push: NetworkPush) -> Parcel | None:
    ids = [UUID(text) for text in push.body["ids"]]
    query = select(Partner, func.clock_timestamp()).where(Partner.id.in_(ids)).order_by(Partner.id)
    found = (await session.execute(query)).all()
    if not found:
        return None
    people = [standing(partner, as_of, backfill=True) for partner, as_of in found]
    return Parcel("partners", "/vendors/backfill-partners", {"partners": people}, [push.id])


async def _departure(session: AsyncSession, push: NetworkPush) -> Parcel | None:
    """Unless the workspace was restored meanwhile."""
    if await session.scalar(select(Tenant.pending_deletion_at)) is None:
        return None
    return Parcel("departure", "/vendors/me/delete", {}, [push.id])


async def _report(session: AsyncSession, push: NetworkPush) -> Parcel | None:
    report = await session.scalar(
        select(NetworkPayoutReport).where(NetworkPayoutReport.id == UUID(push.body["reportId"]))
    )
    if report is None or report.reported_at is not None:
        return None
    dollars = [line["amount"] for line in report.amounts if line["currency"] == "USD"]
    said = {
        "reportId": str(report.id),
        "sinceIso": written(report.since_at),
        "untilIso": written(report.until_at),
        "amountUsd": dollars[0] if dollars else "0.00",
        "amounts": report.amounts,
    }
    path = "/vendors/me/report-payouts"
    return Parcel("payout_report", path, said, [push.id], once=str(report.id), report_id=report.id)


async def settle(session: AsyncSession, parcel: Parcel, answer: Json) -> None:
    """Keeps what the answer says, and forgets the pushes that it settles."""
    if parcel.kind == "partner":
        await _know(session, [{**answer, "vendorPartnerId": parcel.body["vendorPartnerId"]}])
    elif parcel.kind == "partners":
        told = {one["vendorPartnerId"] for one in parcel.body["partners"]}
        results = answer.get("results")
        found = results if isinstance(results, list) else []
        # Only those whom we told of: nobody else's partner may be named.
        await _know(
            session,
            [one for one in found if isinstance(one, dict) and one.get("vendorPartnerId") in told],
        )
    elif parcel.report_id is not None:
        await close_report(session, parcel.report_id)
    elif parcel.kind == "departure":
        await leave(session)
    await session.execute(delete(NetworkPush).where(NetworkPush.id.in_(parcel.covers)))


async def _know(session: AsyncSession, answers: Sequence[Json]) -> None:
    kept = [
        {
            "partner": one["vendorPartnerId"],
            "creator": one["networkCreatorId"],
            "existed": one.get("alreadyExisted") is True,
            "affiliations": _affiliations(one.get("affiliations")),
        }
        for one in answers
        if _is_id(one.get("networkCreatorId"))
    ]
    if kept:
        await session.execute(KNOWN_AS, {"answers": json.dumps(kept)})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID


def _affiliations(found: object) -> list[Json] | None:
    if not isinstance(found, list):
        return None
    names = ("vendorId", "vendorPartnerId", "status", "displayName")
    return [
        {name: str(one[name])[:120] for name in names if name in one}
        for one in found[:20]
        if isinstance(one, dict)
    ]


async def close_report(session: AsyncSession, report_id: UUID) -> None:
    """The network has counted it, so the next one begins where it ended."""
    until = await session.scalar(
        update(NetworkPayoutReport)
        .where(NetworkPayoutReport.id == report_id, NetworkPayoutReport.reported_at.is_(None))
        .values(reported_at=func.now())
        .returning(NetworkPayoutReport.until_at)
    )
    if until is not None:
        await write_setting(session, REPORTED_UNTIL, {"until": until.isoformat()})


async def reported_until(session: AsyncSession) -> str | None:
    """Up to when payouts were reported; None before the first report."""
    stored = await session.scalar(select(Setting.value).where(Setting.key == REPORTED_UNTIL))
    return stored.get("until") if isinstance(stored, dict) else None
