"""Reads and writes of attribution; row security keeps them to the pinned tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE, aggregate_order_by

from api.features.attribution.engine import CORRECTIVE_TYPES
from shared.models.campaign import Campaign
from shared.models.click import FLAG_NOW, VERDICT_OF, Click, ClickVerdict
from shared.models.commission import Commission
from shared.models.decision import Credit, Decision
from shared.models.event import Event
from shared.models.grant import Grant
from shared.models.identity import Identity
from shared.models.partner import Partner, Revocation
from shared.models.terms import Terms

MOST_TOUCHES = 1000
"""No customer clicks as often; and shares in parts of ten thousand have to stay shares."""


def touches_of(*user_ids: str) -> Select[*tuple[Any, ...]]:
    """Every click of these customers, with its campaign, its partner's absences, and the terms of its grant.

    A grant that has ended counts too: what was promised for a click stays promised.
    """
    shut_out = (
        select(
            func.range_agg(
                func.tstzrange(Revocation.revoked_at, Revocation.reinstated_at),
                type_=TSTZMULTIRANGE(),
            )
        )
        .where(Revocation.partner_id == Partner.id)
        .scalar_subquery()
    )
    return (
        select(
            Click,
            Campaign,
            Terms,
            Partner.revoked_at,
            shut_out.label("shut_out"),
            FLAG_NOW.label("flag"),
        )
        .select_from(Identity)
        # The click's time leads to its month.
        .join(Click, and_(Click.id == Identity.click_id, Click.ts == Identity.click_ts))
        .outerjoin(ClickVerdict, VERDICT_OF)
        .join(Campaign, Campaign.id == Click.campaign_id)
        .join(Partner, Partner.id == Click.partner_id)
        .outerjoin(
            Grant,
            and_(Grant.partner_id == Click.partner_id, Grant.campaign_id == Click.campaign_id),
        )
        .outerjoin(Terms, Terms.id == Grant.terms_id)
        .where(Identity.user_id.in_(user_ids))
        .order_by(Identity.click_ts.desc(), Identity.click_id.desc())
        .limit(MOST_TOUCHES * len(user_ids))
    )


def backlog(
    user_id: str, since: datetime, until: datetime, after: tuple[datetime, UUID] | None
) -> Select[Event]:
    """A customer's events between two moments that nobody is credited for, oldest first."""
    query = (
        select(Event)
        .where(
            Event.user_id == user_id,
            Event.ts.between(since, until),
            Event.type.not_in(CORRECTIVE_TYPES),
            ~select(Credit.id).where(Credit.event_id == Event.id).exists(),
        )
        .order_by(Event.ts, Event.id)
    )
    return query if after is None else query.where(tuple_(Event.ts, Event.id) > after)


def held(event_ids: Sequence[UUID]) -> Select[UUID, datetime | None]:
    """These decisions, which nobody else takes or reprices until the transaction ends.

    A row that somebody was changing is answered as that has left it.
    """
    return (
        select(Decision.event_id, Decision.repriced_at)
        .where(Decision.event_id.in_(event_ids))
        .order_by(Decision.event_id)
        .with_for_update()
    )


# Decisions and the credits that follow from them, in one round trip however many there are. What was
# decided before is replaced: an event has one decision.
DECIDE = text(
    """
    with decided as (
        insert into decisions (event_id, status, model, explanation)
        select * from jsonb_to_recordset(cast(:decisions as jsonb))
            as d(event_id uuid, status text, model text, explanation jsonb)
        on conflict (tenant_id, event_id) do update set status = excluded.status,
            model = excluded.model, explanation = excluded.explanation, decided_at = now()
    )
    insert into credits (id, event_id, click_id, partner_id, campaign_id, terms_id, model,
        weight_parts)
    select * from jsonb_to_recordset(cast(:credits as jsonb)) as c(id uuid, event_id uuid,
        click_id uuid, partner_id uuid, campaign_id uuid, terms_id uuid, model text,
        weight_parts int)
    """
)


def attribution_of(event_id: UUID) -> Select[str, str | None, Credit | None, list[UUID] | None]:
    """What was decided about an event, one row for each credit, or one without any."""
    paid = (
        select(func.array_agg(aggregate_order_by(Commission.id, Commission.rule)))
        .where(Commission.credit_id == Credit.id)
        .scalar_subquery()
    )
    return (
        select(Decision.status, Decision.model, Credit, paid)
        .outerjoin(Credit, Credit.event_id == Decision.event_id)
        .where(Decision.event_id == event_id)
        .order_by(Credit.id)
    )
