"""Click: one visit through a link; a raw fact, written by the router and never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, case, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import PINNED_TENANT, Model, Owned

NO_LINK = UUID(int=0)
"""Stands in figures for the link of clicks that have none, such as those of coupons."""


class Click(Model):
    """Its id is the cref that travels with the visitor.

    Partitioned by month of `ts`, few indexes and no foreign keys: references cost 55 % of the
    insert rate, and the router only knows ids that it has read itself. `flag` is what the router
    saw; a row of `ClickVerdict` overrides it. `signals` is what rules may want to know later.
    """

    __tablename__ = "clicks"
    __table_args__ = (
        Index("ix_clicks_partner", "tenant_id", "partner_id", "ts"),
        Index("ix_clicks_link", "tenant_id", "link_id", "ts"),
        Index("ix_clicks_flagged", "tenant_id", "id", postgresql_where=text("flag is not null")),
        # What came since the last roll-up, of a workspace or of one partner.
        Index("ix_clicks_stored", "tenant_id", "stored_at", "partner_id"),
        {"postgresql_partition_by": "RANGE (ts)"},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=PINNED_TENANT)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ts: Mapped[datetime] = mapped_column(primary_key=True)
    link_id: Mapped[UUID | None]
    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    landing_url: Mapped[str]
    ip_hash: Mapped[str | None]
    user_agent: Mapped[str | None]
    referer: Mapped[str | None]
    flag: Mapped[str | None]
    utm: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    signals: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    flag_version: Mapped[int | None] = mapped_column(SmallInteger)
    stored_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ClickVerdict(Owned, Model):
    """What was decided about a click after it was written: a flag, or that it has none.

    `decided_by` names the admin; settlement and identify are the program's own.
    """

    __tablename__ = "click_verdicts"
    __table_args__ = (
        CheckConstraint("source in ('admin', 'identify', 'settlement')", "source"),
        Index(
            "ix_click_verdicts_flag",
            "tenant_id",
            "click_id",
            postgresql_where=text("flag is not null"),
        ),
    )

    click_id: Mapped[UUID] = mapped_column(primary_key=True)
    click_ts: Mapped[datetime]
    flag: Mapped[str | None]
    rule_version: Mapped[int | None] = mapped_column(SmallInteger)
    source: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


VERDICT_OF = ClickVerdict.click_id == Click.id
"""What to join verdicts on, outer."""

FLAG_NOW = case((ClickVerdict.click_id.is_not(None), ClickVerdict.flag), else_=Click.flag)
"""What is held against a click by now; needs that join."""


class ClickDay(Owned, Model):
    """How many clicks of a UTC day counted and how many did not, as far as they are rolled up."""

    __tablename__ = "click_days"

    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    counted: Mapped[int] = mapped_column(BigInteger)
    flagged: Mapped[int] = mapped_column(BigInteger)


class ClickRollup(Owned, Model):
    """How far work over clicks has come, by when they were stored.

    Clicks until `rolled_until` are in `ClickDay`, later ones are read raw; flags of clicks until
    `settled_until` are settled.
    """

    __tablename__ = "click_rollups"

    rolled_until: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))
    settled_until: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))
