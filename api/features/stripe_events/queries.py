"""Statements about Stripe's events and what is known of its objects."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Update,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from shared.ids import new_id
from shared.models.identity import Identity
from shared.models.stripe_event import StripeEvent, UnclaimedStripeEvent
from shared.models.stripe_reference import StripeReference

# What is made of a tenant's events happens one after the other, so that nothing about a customer
# changes in between, and no two of them wait for each other.
ONE_AT_A_TIME = text(
    "select pg_advisory_xact_lock(hashtextextended("
    "'stripe:' || current_setting('app.tenant_id'), 0))"
)


def kept(event: dict[str, Any]) -> Insert:
    """Keeps an event, unless it is there."""
    fresh = insert(StripeEvent).values(id=new_id(), **event)
    return fresh.on_conflict_do_nothing(index_elements=["tenant_id", "stripe_id"])


def kept_unclaimed(stripe_id: str, kind: str, payload: Any, reason: str) -> Insert:
    """Keeps one of which nobody knows whose it is."""
    fresh = insert(UnclaimedStripeEvent).values(
        stripe_id=stripe_id, type=kind, payload=payload, reason=reason
    )
    return fresh.on_conflict_do_nothing(index_elements=["stripe_id"])


def unclaimed(after: str, limit: int) -> Select[UnclaimedStripeEvent]:
    """In the order of their ids, as it doesn't matter."""
    query = select(UnclaimedStripeEvent).where(UnclaimedStripeEvent.stripe_id > after)
    return query.order_by(UnclaimedStripeEvent.stripe_id).limit(limit)


def claimed(stripe_id: str) -> Delete:
    return delete(UnclaimedStripeEvent).where(UnclaimedStripeEvent.stripe_id == stripe_id)


def by_stripe_id(stripe_id: str) -> Select[UUID]:
    return select(StripeEvent.id).where(StripeEvent.stripe_id == stripe_id)


def events(**wanted: str | None) -> Select[StripeEvent]:
    """Those that have these values; None is any."""
    query = select(StripeEvent)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(StripeEvent, name) == value)
    return query


def settled(which: UUID, **values: Any) -> Update:
    """Writes down what became of an event."""
    return update(StripeEvent).where(StripeEvent.id == which).values(**values)


def replayed(which: ColumnElement[bool]) -> ReturningUpdate[UUID]:
    """Makes events wait for a worker again; answers their ids."""
    waiting = {"status": "received", "outcome": None, "reason": None, "processed_at": None}
    return update(StripeEvent).where(which).values(**waiting).returning(StripeEvent.id)


def user_of(reference: str) -> Select[str]:
    """Whose object at Stripe this is known to be."""
    return select(StripeReference.user_id).where(StripeReference.reference == reference)


def remembered(references: list[str], user_id: str) -> Insert:
    """Whose these objects are; what is known already stays."""
    rows = [{"reference": reference, "user_id": user_id} for reference in references]
    return insert(StripeReference).values(rows).on_conflict_do_nothing(
        index_elements=["tenant_id", "reference"]
    )  # fmt: skip


def renamed(customer: str, user_id: str) -> Insert:
    """The merchant's name for a customer, in place of what was known before."""
    named = insert(StripeReference).values(reference=customer, user_id=user_id)
    return named.on_conflict_do_update(
        index_elements=["tenant_id", "reference"], set_={"user_id": named.excluded.user_id}
    )


def clicks_of(user_id: str, but_not: str) -> Select[UUID]:
    """Clicks that are known to be one's and not the other's."""
    other = select(Identity.click_id).where(Identity.user_id == but_not)
    return select(Identity.click_id).where(
        Identity.user_id == user_id, Identity.click_id.not_in(other)
    )


def waiting(outcomes: Iterable[str]) -> Select[StripeEvent]:
    """Events that were understood but for something that has to arrive first."""
    return select(StripeEvent).where(
        StripeEvent.status == "received", StripeEvent.outcome.in_(tuple(outcomes))
    )


def about(references: list[str]) -> ColumnElement[bool]:
    """Events whose object names one of these payments."""
    subject = StripeEvent.payload["data"]["object"]
    named = (subject[name].astext.in_(references) for name in ("payment_intent", "charge"))
    return or_(StripeEvent.object_id.in_(references), *named)


def out_of_patience(span: timedelta) -> Update:
    """Marks what has waited for so long as stuck; its reason stays what it was."""
    return (
        update(StripeEvent)
        .where(
            StripeEvent.status == "received",
            StripeEvent.outcome.is_not(None),
            StripeEvent.created_at < func.now() - span,
        )
        .values(status="failed")
    )


def never_claimed(span: timedelta) -> ReturningDelete[str]:
    """Throws away what nobody has claimed for so long; answers of which types it was."""
    old = UnclaimedStripeEvent.received_at < func.now() - span
    return delete(UnclaimedStripeEvent).where(old).returning(UnclaimedStripeEvent.type)


def forgotten(span: timedelta) -> Delete:
    """Throws away what was done with so long ago."""
    return delete(StripeEvent).where(
        StripeEvent.status.in_(("processed", "ignored")),
        StripeEvent.created_at < func.now() - span,
    )
