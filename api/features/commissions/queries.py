"""Reads of commissions, and the statements that accrue and approve many of them at once."""

from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Update,
    case,
    false,
    func,
    or_,
    select,
    text,
    update,
)

from api.features.ledger.for_others import WRITE_ENTRIES
from shared.models.campaign import Campaign
from shared.models.commission import Commission
from shared.models.event import Event
from shared.models.partner import Partner
from shared.models.terms import Terms

UNCLAIMED = Commission.payout_id.is_(None)
# What refunds, disputes and people have left of a commission, whether or not it was paid already.
KEPT = Commission.amount_minor - Commission.clawed_minor


def is_mature() -> ColumnElement[bool]:
    """By the database's clock; what isn't held back is mature at once."""
    return or_(Commission.matures_at.is_(None), Commission.matures_at <= func.now())


def commissions_shown() -> Select[Commission, str, str, str, int | None]:
    """Each commission beside its event's type, partner, campaign and holdback."""
    return (
        select(Commission, Event.type, Partner.name, Campaign.name, Terms.holdback_days)
        .join(Event, Event.id == Commission.event_id)
        .join(Partner, Partner.id == Commission.partner_id)
        .join(Campaign, Campaign.id == Commission.campaign_id)
        .join(Terms, Terms.id == Commission.terms_id)
    )


def earned_from(user_ids: CompoundSelect[str]) -> Select[UUID, UUID, str, str]:
    """By partner, campaign, kind of terms and type of event: what was earned from a customer and kept.

    `user_ids` are all the names of this one customer.
    """
    return (
        select(Commission.partner_id, Commission.campaign_id, Terms.kind, Event.type)
        .distinct()
        .join(Event, Event.id == Commission.event_id)
        .join(Terms, Terms.id == Commission.terms_id)
        .where(Event.user_id.in_(user_ids), KEPT > 0)
    )


# Commissions with their ledger entries, in one round trip however many there are; days are counted in
# UTC, where each has 24 hours, and 0 of them hold nothing. Answers events whose payment was refunded
# or disputed before this: what they have just earned is to be corrected at once.
ACCRUE = text(
    f"""
    with given as materialized (
        select * from jsonb_to_recordset(cast(:accruals as jsonb)) as g(id uuid, credit_id uuid,
            event_id uuid, partner_id uuid, campaign_id uuid, terms_id uuid, user_id text,
            amount_minor bigint, currency text, holdback_days int,
            event_at timestamptz, rule smallint, auto_approve boolean)
    ), accrued as (
        insert into commissions (id, credit_id, event_id, partner_id, campaign_id, terms_id,
            user_id, amount_minor, currency, matures_at, event_at, rule, auto_approve)
        select id, credit_id, event_id, partner_id, campaign_id, terms_id, user_id, amount_minor,
            currency, now() + make_interval(days => nullif(holdback_days, 0)),
            event_at, rule, auto_approve
        from given order by id
    ), {WRITE_ENTRIES}
    select e.id from events e where e.id in (select event_id from given) and (
        exists (select from correction_references c
            where c.source = e.source and c.reference = e.external_id)
        or exists (select from payment_references p join correction_references c
                on c.source = p.source and c.reference = p.reference
            where p.event_id = e.id))
    """  # noqa: S608  # a constant of our own
)


def is_due() -> ColumnElement[bool]:
    """What was held back for long enough is approved by itself; what never was waits for a person.

    Terms may say otherwise: that a person always looks, or never has to.
    """
    return case(
        (Commission.auto_approve.is_(True), is_mature()),
        (Commission.auto_approve.is_(False), false()),
        else_=Commission.matures_at <= func.now(),
    )


def approval(*which: ColumnElement[bool]) -> Update:
    """Approves which of these are accrued."""
    return (
        update(Commission)
        .where(Commission.status == "accrued", *which)
        .values(status="approved", approved_at=func.now())
        .execution_options(synchronize_session=False)
    )
