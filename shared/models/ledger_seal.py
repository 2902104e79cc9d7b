"""LedgerSeal: an entry's place in its tenant's chain; written by PostgreSQL at the commit alone."""

from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Model, Owned, within_tenant


class LedgerSeal(Owned, Model):
    """`hash` is the SHA-256 of the one before and of the entry as text; the first follows 32 zeros."""

    __tablename__ = "ledger_seals"
    __table_args__ = (
        within_tenant("entry_id", to="ledger_entries"),
        UniqueConstraint("tenant_id", "entry_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
