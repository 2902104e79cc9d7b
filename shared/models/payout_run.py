"""Payout run: one look at everything payable, and what it left out and why."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class PayoutRun(Identified, Model):
    """Its payouts carry its id; `left_out` says who got none, in which currency, and why.

    `person` is the admin behind `actor`, where there is one: whoever pays can't also agree to it.
    """

    __tablename__ = "payout_runs"
    __table_args__ = (CheckConstraint("mode in ('selfhost', 'flat', 'revshare')", "mode"),)

    actor: Mapped[str]
    person: Mapped[UUID | None]
    mode: Mapped[str]
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'::jsonb")
    )
