"""LedgerEntry: one movement of money, as a set of postings that balance; never changed."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class LedgerEntry(Identified, Model):
    """`key` says what it is about, such as `payout:<id>`, and lets it be written once only."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_ledger_entries_kind", "tenant_id", "kind", "id"),
    )

    key: Mapped[str]
    kind: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
