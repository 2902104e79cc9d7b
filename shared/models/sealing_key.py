"""SealingKey: a master key that processes of this installation have sealed secrets under."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Model


class SealingKey(Model):
    """Its name only, which stands before everything that it sealed. Belongs to no tenant."""

    __tablename__ = "sealing_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    first_used_at: Mapped[datetime] = mapped_column(server_default=func.now())
