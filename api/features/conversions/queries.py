"""The statements by which facts come in, each under its customer's lock and in one round trip."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, Select, Update, func, literal, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.dml import ReturningInsert

from shared.ids import new_id
from shared.models.campaign import Campaign
from shared.models.click import Click
from shared.models.event import Event
from shared.models.identity import Identity
from shared.models.identity_proposal import IdentityProposal

API = "api"
# How the fingerprint of an order begins that was told as the redemption of a coupon.
REDEMPTION = "coupon:"


def customer_lock(user_id: str, payment: str | None = None) -> CTE:
    """What is said of one customer happens one after the other; held until the transaction ends.

    Statements after the one that carries it see all that the holder before has committed. The lock
    of the payment behind an event, `source:external id`, comes first: its refund may arrive at this
    moment too, and takes both in this order.
    """
    tenant = func.current_setting("app.tenant_id")
    names = [literal("customer:").concat(tenant).concat(":").concat(literal(user_id))]
    if payment is not None:
        names.insert(0, literal("payment:").concat(tenant).concat(":").concat(literal(payment)))
    locks = [func.pg_advisory_xact_lock(func.hashtextextended(name, 0)) for name in names]
    return select(*(lock.label(f"held_{i}") for i, lock in enumerate(locks))).cte("locked")


def identity_written(
    click_id: UUID, clicked_at: datetime, user_id: str, *, trusted: bool = True
) -> Insert:
    """Writes who a click became, if there is such a click and it isn't known already.

    Unless `trusted`, only where the click's campaign believes everybody.
    """
    locked = customer_lock(user_id)
    row = (
        select(literal(new_id()), Click.id, Click.ts, literal(user_id), Click.partner_id)
        .select_from(locked)
        .join(Click, (Click.id == click_id) & (Click.ts == clicked_at))
    )
    if not trusted:
        row = row.where(~_demands_a_key().exists())
    fresh = insert(Identity).from_select(
        ["id", "click_id", "click_ts", "user_id", "partner_id"], row, include_defaults=False
    )
    return fresh.on_conflict_do_nothing(index_elements=["tenant_id", "click_id", "user_id"])


def _demands_a_key() -> Select[UUID]:
    return select(Campaign.id).where(
        Campaign.id == Click.campaign_id, Campaign.identify_requires_key.is_(True)
    )


def proposal_written(click_id: UUID, clicked_at: datetime, user_id: str) -> ReturningInsert[UUID]:
    """What a browser says of a click whose campaign believes servers only; kept once."""
    row = select(literal(new_id()), Click.id, Click.ts, literal(user_id)).where(
        Click.id == click_id, Click.ts == clicked_at, _demands_a_key().exists()
    )
    proposed = insert(IdentityProposal).from_select(
        ["id", "click_id", "click_ts", "user_id"], row, include_defaults=False
    )
    # Touched again, so that a repeated proposal is answered like the first.
    return proposed.on_conflict_do_update(
        index_elements=["tenant_id", "click_id", "user_id"], set_={"click_ts": clicked_at}
    ).returning(IdentityProposal.id)


def proposal_confirmed(click_id: UUID, user_id: str) -> Update:
    """A server says the same."""
    return (
        update(IdentityProposal)
        .where(
            IdentityProposal.click_id == click_id,
            IdentityProposal.user_id == user_id,
            IdentityProposal.confirmed_at.is_(None),
        )
        .values(confirmed_at=func.now())
    )


def event_written(event: Event) -> Insert:
    """Writes an event, unless one with its external id is there already."""
    columns = Event.__table__.c
    stated = {
        "id": event.id,
        "user_id": event.user_id,
        "type": event.type,
        "value_minor": event.value_minor,
        "currency": event.currency,
        "source": event.source,
        "external_id": event.external_id,
        "fingerprint": event.fingerprint,
        "metadata": event.details,
    }
    values = [literal(value, columns[name].type) for name, value in stated.items()]
    happened = func.coalesce(literal(event.ts, columns.ts.type), func.now())
    payment = None if event.external_id is None else f"{event.source}:{event.external_id}"
    row = select(*values, happened).select_from(customer_lock(event.user_id, payment))
    fresh = insert(Event).from_select([*stated, "ts"], row, include_defaults=False)
    return fresh.on_conflict_do_nothing(
        index_elements=["tenant_id", "source", "external_id"],
        index_where=Event.external_id.is_not(None),
    )


def event_by_external_id(source: str, external_id: str) -> Select[UUID, str, str]:
    """The event's id, fingerprint and type."""
    return select(Event.id, Event.fingerprint, Event.type).where(
        Event.source == source, Event.external_id == external_id
    )


def is_redemption(fingerprint: str) -> bool:
    """Whether an event was told as the redemption of a coupon."""
    return fingerprint.startswith(REDEMPTION)
