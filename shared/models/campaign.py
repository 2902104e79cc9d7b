"""Campaign: what partners promote, where its links lead, and for how long it pays."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model, within_tenant


class Campaign(Identified, Model):
    """`terms_id` names the terms that the next partner is granted; past grants keep their own.

    With `identify_requires_key`, what a browser says of its clicks is a proposal only.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        within_tenant(
            "terms_id", to="terms", use_alter=True, deferrable=True, initially="DEFERRED"
        ),
        CheckConstraint("attribution_window_days between 1 and 365", "window"),
        CheckConstraint(
            "attribution_model in ('last_click', 'first_click', 'linear', 'position')", "model"
        ),
        CheckConstraint("starts_at < ends_at", "dates"),
        CheckConstraint("pass_parameters in ('none', 'utm', 'all')", "pass_parameters"),
        CheckConstraint("cookies in ('always', 'opt_out', 'opt_in', 'never')", "cookies"),
    )

    name: Mapped[str]
    terms_id: Mapped[UUID]
    attribution_window_days: Mapped[int] = mapped_column(server_default=text("60"))
    attribution_model: Mapped[str] = mapped_column(server_default=text("'last_click'"))
    destination_url: Mapped[str]
    deep_link_allowed_domains: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'")
    )
    identify_requires_key: Mapped[bool] = mapped_column(server_default=text("false"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    end_notification_sent_at: Mapped[datetime | None]
    # What the router makes of visits: see shared/visit_rules.py.
    pass_parameters: Mapped[str] = mapped_column(server_default=text("'none'"))
    cookies: Mapped[str] = mapped_column(server_default=text("'always'"))
    paid_ads: Mapped[bool] = mapped_column(server_default=text("true"))
    # By the platform's operators; links of a blocked campaign lead nowhere.
    blocked_at: Mapped[datetime | None]
    blocked_reason: Mapped[str | None]
