"""Coupon: a code that stands for a partner where nobody clicked; and what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Coupon(Identified, Model):
    """Codes are stored in capitals, so that one unique key serves every spelling.

    A code that was withdrawn stays taken: it may be in print, and must never credit somebody else.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        within_tenant("partner_id", to="partners"),
        within_tenant("campaign_id", to="campaigns"),
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("code ~ '^[A-Z0-9-]{3,40}$'", "code"),
        Index(
            "uq_coupons_active",
            "tenant_id",
            "partner_id",
            "campaign_id",
            unique=True,
            postgresql_where=text("deactivated_at is null"),
        ),
        Index("ix_coupons_campaign", "tenant_id", "campaign_id"),
    )

    partner_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    code: Mapped[str]
    deactivated_at: Mapped[datetime | None]


class CouponRedemption(Identified, Model):
    """A customer used a coupon; a raw fact. The pair of source and external id names the occasion."""

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        within_tenant("coupon_id", to="coupons"),
        UniqueConstraint("tenant_id", "coupon_id", "source", "external_id"),
        CheckConstraint("source in ('api', 'coupon', 'stripe')", "source"),
        Index("ix_coupon_redemptions_redeemed", "tenant_id", "coupon_id", "redeemed_at"),
    )

    coupon_id: Mapped[UUID]
    user_id: Mapped[str]
    source: Mapped[str] = mapped_column(server_default=text("'coupon'"))
    external_id: Mapped[str]
    redeemed_at: Mapped[datetime]
