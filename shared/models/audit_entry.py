"""AuditEntry: who did what to whom, when, and from where; written once."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class AuditEntry(Identified, Model):
    """`actor` is `admin:<id>`, `key:<id>`, `partner:<id>`, `env` or `system`; `subject` an id."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "tenant_id", "subject"),
        Index("ix_audit_entries_actor", "tenant_id", "actor"),
        Index("ix_audit_entries_action", "tenant_id", "action"),
    )

    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
