"""SignupBlock: an address or a domain from which nobody may sign a brand up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.ids import new_id
from shared.models.base import Model


class SignupBlock(Model):
    """`value` is in lower case; a domain's sub-domains are blocked with it."""

    __tablename__ = "signup_blocks"
    __table_args__ = (
        CheckConstraint("kind in ('email', 'domain')", "kind"),
        UniqueConstraint("kind", "value"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
