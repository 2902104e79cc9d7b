"""Reads for many events and customers at once, each one statement for a whole batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, select

from api.features.attribution.engine import CORRECTIVE_TYPES
from api.features.attribution.queries import touches_of
from shared.models.click import Click
from shared.models.decision import Credit, Decision
from shared.models.event import Event
from shared.models.identity import Identity
from shared.models.terms import Terms


def events_concerned(campaign_id: UUID, since: datetime, until: datetime) -> Select[Event]:
    """Events of customers who have clicked in this campaign, oldest first."""
    clicked = exists().where(
        Identity.user_id == Event.user_id,
        Click.id == Identity.click_id,
        Click.ts == Identity.click_ts,
        Click.campaign_id == campaign_id,
    )
    return (
        select(Event)
        .where(
            Event.ts >= since,
            Event.ts < until,
            Event.created_at < until,
            Event.type.not_in(CORRECTIVE_TYPES),
            clicked,
        )
        .order_by(Event.ts, Event.id)
    )


def customers_touches(user_ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Every click of these customers, with what the engine has to know of it."""
    return touches_of(*user_ids).add_columns(Identity.user_id)


def decisions_within(event_ids: Sequence[UUID]) -> Select[UUID, str | None, Any]:
    """By which model each event was decided, and what became of every click."""
    clicks = Decision.explanation["clicks"].label("clicks")
    return select(Decision.event_id, Decision.model, clicks).where(Decision.event_id.in_(event_ids))


def credits_within(event_ids: Sequence[UUID]) -> Select[UUID, UUID, UUID, Terms]:
    """The terms by which each event was credited."""
    return (
        select(Credit.event_id, Credit.partner_id, Credit.campaign_id, Terms)
        .join(Terms, and_(Terms.id == Credit.terms_id))
        .where(Credit.event_id.in_(event_ids))
    )
