"""Reads of commissions, and the statements that move many of them at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Insert,
    Integer,
    Select,
    Update,
    Uuid,
    bindparam,
    case,
    cast,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.models.campaign import Campaign
from shared.models.commission import Commission
from shared.models.event import Event
from shared.models.partner import Partner
from shared.models.terms import Terms

UNCLAIMED = Commission.payout_id.is_(None)


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


def earned_from(user_id: str) -> Select[UUID, UUID, str, str]:
    """By partner, campaign, kind of terms and type of event: what has been earned from a customer."""
    return (
        select(Commission.partner_id, Commission.campaign_id, Terms.kind, Event.type)
        .distinct()
        .join(Event, Event.id == Commission.event_id)
        .join(Terms, Terms.id == Commission.terms_id)
        .where(Event.user_id == user_id, Commission.status != "reversed")
    )


def accrual() -> Insert:
    """One commission; days are counted in UTC, where each has 24 hours, and 0 of them hold nothing."""
    days = func.nullif(bindparam("holdback_days", type_=Integer), 0)
    # make_interval(years, months, weeks, days), and null days make a null moment.
    matures_at = func.now() + func.make_interval(0, 0, 0, days)
    # Raw: `holdback_days` isn't a column, and the ORM would drop it.
    return insert(Commission).values(matures_at=matures_at).execution_options(dml_strategy="raw")


def approval_of_matured() -> Update:
    """Approves what was held back for long enough; what was never held back waits for a person.

    Terms may say otherwise: that a person always looks, or never has to.
    """
    due = case(
        (Commission.auto_approve.is_(True), is_mature()),
        (Commission.auto_approve.is_(False), false()),
        else_=Commission.matures_at <= func.now(),
    )
    return (
        update(Commission)
        .where(Commission.status == "accrued", due)
        .values(status="approved", approved_at=func.now())
    )


def payable() -> Select[UUID, str, int, list[UUID]]:
    """Approved and unclaimed commissions by partner and currency, locked until the transaction ends.

    One that somebody is reversing at this moment is passed over: the next run finds it, if it is
    still there.
    """
    free = (
        select(Commission.id, Commission.partner_id, Commission.currency, Commission.amount_minor)
        .where(Commission.status == "approved", UNCLAIMED)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    return (
        select(
            free.c.partner_id,
            free.c.currency,
            cast(func.sum(free.c.amount_minor), BigInteger).label("amount_minor"),
            func.array_agg(free.c.id, type_=ARRAY(Uuid)).label("commission_ids"),
        )
        .group_by(free.c.partner_id, free.c.currency)
        .order_by(free.c.partner_id, free.c.currency)
    )


def claim(by_payout: Mapping[UUID, Sequence[UUID]]) -> Update:
    """Gives commissions to payouts; arrays, because a statement carries at most 32 767 parameters."""
    pairs = [(one, payout) for payout, several in by_payout.items() for one in several]
    columns = zip(*pairs, strict=True)
    ids, payouts = (func.unnest(cast(list(column), ARRAY(Uuid))) for column in columns)
    wanted = select(ids.label("id"), payouts.label("payout_id")).subquery("wanted")
    return (
        update(Commission)
        .where(Commission.id == wanted.c.id, Commission.status == "approved", UNCLAIMED)
        .values(payout_id=wanted.c.payout_id)
    )


def payment(payout_id: UUID) -> ReturningUpdate[UUID, int]:
    """Marks a payout's commissions as paid; answers each with its amount."""
    return (
        update(Commission)
        .where(Commission.payout_id == payout_id, Commission.status == "approved")
        .values(status="paid", paid_at=func.now())
        .returning(Commission.id, Commission.amount_minor)
    )
