"""The rules of commissions: accrued, approved, claimed by a payout, paid, or reversed.

Every change names the state it expects, or locks the row, so that of two at once the second sees
what the first has done; and every change of money posts its ledger entry in the same transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.commissions import queries
from api.features.commissions.errors import (
    CommissionNotFound,
    HoldbackActive,
    InTransfer,
    NotApprovable,
    NotReversible,
)
from api.features.commissions.news import announce
from api.features.commissions.schemas import (
    CommissionOut,
    CommissionRefused,
    CommissionsApproved,
)
from api.features.commissions.taking_back import of_one, take_back
from api.features.ledger.for_others import Entry, as_json, moved, post
from api.features.notices.for_others import CommissionApproved
from shared.ids import read_id
from shared.models.commission import Commission
from shared.money import to_major


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a credit has just earned."""

    id: UUID
    credit_id: UUID
    event_id: UUID
    partner_id: UUID
    campaign_id: UUID
    terms_id: UUID
    user_id: str
    amount_minor: int
    currency: str
    holdback_days: int | None
    event_at: datetime
    # The place of the rule within the terms, and whether it is approved without a person.
    rule: int = 0
    auto_approve: bool | None = None


def show(
    row: Row[Commission, str, str, str, int | None], *, to_partner: bool = False
) -> CommissionOut:
    """A row of `commissions_shown` as the wire shows it."""
    commission, event_type, partner_name, campaign_name, holdback_days = row
    columns = {column.key: getattr(commission, column.key) for column in Commission.__table__.c}
    return CommissionOut.model_validate(
        {
            **columns,
            "attribution_id": commission.credit_id,
            "user_id": None if to_partner else commission.user_id,
            "event_type": event_type,
            "partner_name": partner_name,
            "campaign_name": campaign_name,
            "amount": to_major(commission.amount_minor, commission.currency),
            "holdback_days": holdback_days,
            "mature_at": commission.matures_at,
            "clawed_back": to_major(commission.clawed_minor, commission.currency),
            "held": to_major(commission.held_minor, commission.currency),
            "net": to_major(commission.amount_minor - commission.clawed_minor, commission.currency),
        }
    )


async def accrue(session: AsyncSession, accruals: Iterable[Accrual]) -> set[UUID]:
    """Writes what an event has earned; maturity is counted from now, not from the event.

    Answers the events that were refunded or disputed before: their corrections are yet to be applied
    to these commissions.
    """
    accruals = list(accruals)
    if not accruals:
        return set()
    entries = [
        Entry(
            f"sale:{one.event_id}:{one.id}",
            "sale",
            moved(
                one.partner_id, one.currency, {"pending": one.amount_minor}, commission_id=one.id
            ),
            {"eventId": str(one.event_id), "termsId": str(one.terms_id)},
        )
        for one in accruals
    ]
    stated = {
        "accruals": json.dumps([asdict(one) for one in accruals], default=str),
        "entries": as_json(entries),
    }
    return set(await session.scalars(queries.ACCRUE, stated))


async def approve(session: AsyncSession, commission_id: UUID) -> CommissionOut:
    """Lets a commission into the next payout."""
    changed = await _approve(session, Commission.id == commission_id, queries.is_mature())
    commission = await _find(session, commission_id)
    if not changed:
        if commission.status != "accrued":
            raise NotApprovable
        shown = commission.model_dump(mode="json")
        raise HoldbackActive(matureAt=shown["matureAt"], holdbackDays=shown["holdbackDays"])
    return commission


async def approve_several(session: AsyncSession, wanted: Sequence[str]) -> CommissionsApproved:
    """Lets those of them that can be into the next payout."""
    named = {text: found for text in wanted if (found := read_id(text)) is not None}
    approved = await _approve(session, Commission.id.in_(named.values()), queries.is_mature())
    rest = [text for text in dict.fromkeys(wanted) if named.get(text) not in approved]
    query = select(Commission.id, Commission.status).where(Commission.id.in_(named.values()))
    states = {row.id: row.status for row in await session.execute(query)}
    refused = [
        CommissionRefused(id=text, error=_refusal(states.get(named.get(text)))) for text in rest
    ]
    return CommissionsApproved(approved=approved, refused=refused)


def _refusal(status: str | None) -> Literal["not_found", "holdback_active", "not_approvable"]:
    if status is None:
        return "not_found"
    return "holdback_active" if status == "accrued" else "not_approvable"


def _approval(commission: Commission) -> Entry:
    """What is held stays held; when it is released it becomes available."""
    free = commission.amount_minor - commission.clawed_minor - commission.held_minor
    return Entry(
        f"approve:{commission.id}", "approval", of_one(commission, pending=-free, available=free)
    )


async def approve_matured(session: AsyncSession, ids: Sequence[UUID] | None = None) -> None:
    """Approves whatever has been held back for as long as its terms say; only `ids`, if given."""
    which = () if ids is None else (Commission.id.in_(ids),)
    await _approve(session, queries.is_due(), *which)


async def _approve(session: AsyncSession, *which: ColumnElement[bool]) -> list[UUID]:
    query = queries.approval(*which).returning(Commission)
    approved = sorted(await session.scalars(query), key=attrgetter("id"))
    ids = [commission.id for commission in approved]
    await post(session, [_approval(commission) for commission in approved])
    await announce(session, CommissionApproved, ids)
    return ids


async def reverse(
    session: AsyncSession, commission_id: UUID, reason: str | None = None
) -> CommissionOut:
    """Takes back for good what is not paid yet and no payout has claimed."""
    locked = select(Commission).where(Commission.id == commission_id).with_for_update()
    commission: Commission | None = await session.scalar(locked)
    if commission is None:
        raise CommissionNotFound
    if commission.status not in {"accrued", "approved"}:
        raise NotReversible
    if commission.payout_id is not None:
        raise InTransfer
    await take_back(session, [commission], by="person", reason=reason)
    return await _find(session, commission_id)


async def _find(session: AsyncSession, commission_id: UUID) -> CommissionOut:
    query = queries.commissions_shown().where(Commission.id == commission_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise CommissionNotFound
    return show(row)


async def earned_from(
    session: AsyncSession, user_ids: CompoundSelect[str]
) -> Sequence[Row[UUID, UUID, str, str]]:
    """Partner, campaign, kind of terms and type of event of all that a customer has earned others."""
    return (await session.execute(queries.earned_from(user_ids))).all()
