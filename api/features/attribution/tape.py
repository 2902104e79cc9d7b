"""A customer's decisions in the order in which they were taken, so that one can be taken again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select

from api.features.attribution.customer import Customer, stated
from api.features.attribution.engine import CORRECTIVE_TYPES, Decision, decide
from api.features.attribution.history import History, PaidOnce
from api.features.attribution.stored_terms import stated_terms
from api.features.commissions.for_others import KEPT
from shared.models.commission import Commission
from shared.models.decision import Credit
from shared.models.decision import Decision as Decided
from shared.models.event import Event
from shared.models.terms import Terms

COUNTED = ("credited", "not_chosen_by_model")


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision: about which event, and which credits came of it, each with its terms."""

    event: Event
    model: str | None
    clicks: Sequence[dict[str, Any]]
    credits: Sequence[Any]

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The clicks that counted, earliest first."""
        return [click for click in self.clicks if click["outcome"] in COUNTED]


def decided(user_id: str) -> Select[Any, Any, Any]:
    """Every event of a customer that somebody is credited for, in the order of the decisions."""
    credited = exists().where(Credit.event_id == Event.id)
    return (
        select(Event, Decided.model, Decided.explanation["clicks"].label("clicks"))
        .join(Decided, Decided.event_id == Event.id)
        .where(Event.user_id == user_id, credited, Event.type.not_in(CORRECTIVE_TYPES))
        .order_by(Decided.decided_at, Event.ts, Event.id)
    )


def credits_of(user_id: str) -> Select[Any, Any, Any]:
    """The credits of all these, each with its terms, and whether they were paid and still are."""
    paid = exists().where(Commission.credit_id == Credit.id, KEPT > 0)
    return (
        select(Credit, Terms, paid.label("paid"))
        .join(Event, Event.id == Credit.event_id)
        .outerjoin(Terms, Terms.id == Credit.terms_id)
        .where(Event.user_id == user_id)
    )


def again(entry: Entry, customer: Customer, anew: Iterable[UUID], history: History) -> Decision:
    """The same decision with these clicks judged anew, and everything else as it was found then.

    What counted counts, by the model and at the terms of that day: neither a later edit, nor a flag
    or a revocation since, nor another click that became known later, changes what was credited.
    """
    counted = {UUID(click["clickId"]) for click in entry.counted}
    wanted = {*counted, *anew}
    fixed = {
        (row.Credit.partner_id, row.Credit.campaign_id): row.Terms
        for row in entry.credits
        if row.Terms is not None
    }
    last = entry.counted[-1]["campaignId"] if entry.counted else None
    known = []
    for row in customer.clicks:
        if row.Click.id not in wanted:
            continue
        touch = customer.touch(row, entry.event.created_at, counted)
        terms = fixed.get((touch.partner_id, touch.campaign_id))
        if terms is not None:
            touch = replace(touch, terms=stated_terms(terms))
        if str(touch.campaign_id) == last and entry.model is not None:
            touch = replace(touch, model=entry.model)
        known.append(touch)
    return decide(stated(entry.event), known, history)


def remember(history: History, entry: Entry) -> None:
    """Tells the history of a decision that stays as it was."""
    for row in entry.credits:
        credit, kind = row.Credit, row.Terms.kind if row.Terms is not None else None
        history.begin(credit.partner_id, entry.event.type, entry.event.ts)
        if row.paid and kind is not None:
            each = None if kind == "percent" else entry.event.type
            history.paid.add(PaidOnce(credit.partner_id, credit.campaign_id, each))


def within(entry: Entry, since: datetime, until: datetime) -> bool:
    return since <= entry.event.ts <= until
