"""Domain: a host name of the brand's own, for its portal or its links."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model


class Domain(Identified, Model):
    """Several brands may claim one name; whoever proves it in the DNS holds it, and one alone.

    `failing_since` is when the daily look first missed the proof; after three days it is lost.
    """

    __tablename__ = "domains"
    __table_args__ = (
        UniqueConstraint("tenant_id", "host"),
        CheckConstraint("purpose in ('portal', 'links')", "purpose"),
        Index("ix_domains_held", "host", postgresql_where=text("verified_at is not null")),
    )

    host: Mapped[str]
    purpose: Mapped[str]
    token: Mapped[str]
    verified_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str | None]
