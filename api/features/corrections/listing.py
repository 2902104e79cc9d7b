"""Corrections as admins see them: what each is about, and whether its sale is known."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, case, func, select, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import LateralFromClause

from api.features.corrections.schemas import CorrectionOut
from shared.models.correction import Correction, CorrectionReference, PaymentReference
from shared.models.event import Event
from shared.money import to_major

MINE = CorrectionReference.correction_id == Correction.id
PATIENCE = func.make_interval(0, 0, 0, 30)


def corrections_shown(state: str | None = None) -> Select[Any]:
    """Each correction with its references, the events that it is about, and its state."""
    sales = _sales()
    found = (
        select(
            func.array_agg(sales.c.id, type_=ARRAY(Uuid)).label("ids"),
            func.bool_or(sales.c.currency != Correction.currency).label("abroad"),
        )
        .select_from(sales)
        .lateral("found")
    )
    names = aggregate_order_by(CorrectionReference.reference, CorrectionReference.reference)
    references = select(func.array_agg(names, type_=ARRAY(Text))).where(MINE).scalar_subquery()
    shown = _state(found.c.ids, found.c.abroad)
    query = select(Correction, references, found.c.ids, shown).join(
        found, Correction.id.is_not(None)
    )
    return query if state is None else query.where(shown == state)


def _sales() -> LateralFromClause:
    """The events that have one of a correction's references as their own, or were given it."""
    by_own = (CorrectionReference.source == Event.source) & (
        CorrectionReference.reference == Event.external_id
    )
    by_given = (CorrectionReference.source == PaymentReference.source) & (
        CorrectionReference.reference == PaymentReference.reference
    )
    sale = select(Event.id, Event.currency)
    own = sale.join(CorrectionReference, by_own)
    given = sale.join(PaymentReference, PaymentReference.event_id == Event.id).join(
        CorrectionReference, by_given
    )
    return union(*(each.where(MINE).correlate(Correction) for each in (own, given))).lateral(
        "sales"
    )


def _state(ids: ColumnElement[Any], abroad: ColumnElement[Any]) -> ColumnElement[str]:
    needs_currency = Correction.total_minor.is_(None) & Correction.amount_minor.is_not(None)
    return case(
        (ids.is_(None) & (Correction.created_at < func.now() - PATIENCE), "overdue"),
        (ids.is_(None), "waiting"),
        (abroad & needs_currency, "unclear"),
        else_="applied",
    )


def show(row: Any) -> CorrectionOut:
    """A row of `corrections_shown` as the wire shows it."""
    one, references, events, state = row
    known = one.amount_minor is not None and one.currency is not None
    return CorrectionOut.model_validate(
        {
            "id": one.id,
            "kind": one.kind,
            "source": one.source,
            "key": one.key,
            "status": one.status,
            "amount": to_major(one.amount_minor, one.currency) if known else None,
            "currency": one.currency,
            "references": references or [],
            "event_ids": events or [],
            "state": state,
            "ts": one.ts,
            "created_at": one.created_at,
        }
    )
