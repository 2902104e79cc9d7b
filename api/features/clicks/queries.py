"""Reads and writes of clicks and of verdicts on them; row security keeps to the pinned tenant."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Insert, Select, and_, func, null, select
from sqlalchemy.dialects.postgresql import insert

from api.features.clicks.schemas import ClickReport
from shared.models.click import FLAG_NOW, VERDICT_OF, Click, ClickVerdict
from shared.models.identity import Identity
from shared.models.link import Link
from shared.visit_rules import VERSIONS
from shared.visitor import clicked_at


class Found(Protocol):
    """A click as far as decisions about it need it."""

    id: UUID
    ts: datetime
    flag: str | None


def link_by_key(key: str) -> Select[UUID, UUID, UUID]:
    """The link with its partner and campaign."""
    return select(Link.id, Link.partner_id, Link.campaign_id).where(Link.link_key == key)


def click_written(wanted: ClickReport, link: Any) -> Insert:
    """Unless a click of this id is there already."""
    values = {
        "id": wanted.click_id,
        "ts": clicked_at(wanted.click_id),
        "link_id": link.id,
        "partner_id": link.partner_id,
        "campaign_id": link.campaign_id,
        "landing_url": wanted.landing_url,
        "ip_hash": wanted.ip_hash,
        "user_agent": wanted.user_agent,
        "referer": wanted.referer,
        "flag": wanted.fraud_flag,
        "flag_version": VERSIONS[wanted.fraud_flag] if wanted.fraud_flag else None,
        "utm": null(),
        "signals": null(),
    }
    return insert(Click).values(values).on_conflict_do_nothing()


def click_of(click_id: UUID) -> Select[UUID, datetime, str | None]:
    """Its time, and what is held against it by now. The time in the id leads to its month."""
    return (
        select(Click.id, Click.ts, FLAG_NOW.label("flag"))
        .outerjoin(ClickVerdict, VERDICT_OF)
        .where(and_(Click.id == click_id, Click.ts == clicked_at(click_id)))
    )


def verdict_written(click: Found, flag: str | None, by: str) -> Insert:
    """An admin's decision, over whatever was decided before."""
    verdict = insert(ClickVerdict).values(
        click_id=click.id,
        click_ts=click.ts,
        flag=flag,
        rule_version=VERSIONS[flag] if flag else None,
        source="admin",
        decided_by=by,
    )
    changed = {
        name: verdict.excluded[name] for name in ("flag", "rule_version", "source", "decided_by")
    }
    return verdict.on_conflict_do_update(
        index_elements=["tenant_id", "click_id"], set_={**changed, "decided_at": func.now()}
    )


def customers_of(click_id: UUID) -> Select[str]:
    """Whom the click is known to have become, always in the same order."""
    return select(Identity.user_id).where(Identity.click_id == click_id).order_by(Identity.user_id)


def held(what: str) -> Select[Any]:
    """Waits until nobody else of this tenant holds this; until the transaction ends."""
    name = func.concat(what, ":", func.current_setting("app.tenant_id"))
    return select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))
