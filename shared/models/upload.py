"""Upload: a picture of a tenant's, kept in the database so that every host of the API has it."""

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class Upload(Identified, Model):
    """`name` can't be guessed, and its content never changes: so browsers may keep it for good."""

    __tablename__ = "uploads"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("octet_length(content) <= 2097152", "size"),
    )

    name: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
