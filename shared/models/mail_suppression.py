"""MailSuppression: an address that a mail server refused for good, so that an admin hears of it."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from shared.models.base import Identified, Model


class MailSuppression(Identified, Model):
    """Written when a letter is refused, gone when one is taken; `reason` is what the server said."""

    __tablename__ = "mail_suppressions"
    __table_args__ = (UniqueConstraint("tenant_id", "address"),)

    address: Mapped[str]
    reason: Mapped[str]
