"""StripeReference: an object at Stripe that is known to be this tenant's, and whose customer it is of."""

from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Model, Owned


class StripeReference(Owned, Model):
    """`reference` is Stripe's id of a customer, subscription, invoice, payment intent or charge.

    `user_id` is the merchant's name for the customer, or Stripe's where the merchant has none.
    """

    __tablename__ = "stripe_references"
    __table_args__ = (Index("ix_stripe_references_user", "tenant_id", "user_id"),)

    reference: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
