"""Terms: what a campaign pays, as it was at one moment; never changed, only followed by newer ones."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CHAR, BigInteger, CheckConstraint, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Terms(Identified, Model):
    """Percent terms pay `percent` of an event's value; fixed ones pay an amount per named event type.

    Terms of the kind `rules` hold a list instead, each with a trigger and conditions of its own.
    `caps` bound what a partner earns by them; `approval` says what needs no person to look at it.
    Amounts within `rules`, `caps` and `approval` are in minor units.
    """

    __tablename__ = "terms"
    __table_args__ = (
        within_tenant("campaign_id", to="campaigns"),
        CheckConstraint(
            "(kind = 'percent' and percent >= 0 and fixed_minor is null)"
            " or (kind = 'fixed' and fixed_minor >= 0 and percent is null"
            " and cardinality(event_types) > 0)"
            " or (kind = 'rules' and rules is not null and percent is null and fixed_minor is null)",
            "kind",
        ),
        CheckConstraint("holdback_days between 0 and 365", "holdback"),
        Index("ix_terms_campaign", "tenant_id", "campaign_id"),
    )

    campaign_id: Mapped[UUID]
    kind: Mapped[str]
    percent: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    fixed_minor: Mapped[int | None] = mapped_column(BigInteger)
    fixed_currency: Mapped[str | None] = mapped_column(CHAR(3))
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    recurring: Mapped[bool] = mapped_column(server_default=text("false"))
    rules: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    caps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    approval: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    holdback_days: Mapped[int | None]
    source: Mapped[str] = mapped_column(server_default=text("'campaign'"))
