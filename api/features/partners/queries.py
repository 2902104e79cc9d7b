"""Reads of partners."""

from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from shared.models.partner import Partner, Revocation

Status = Literal["active", "invited", "pending_review", "revoked"]

_IN = Partner.revoked_at.is_(None)
STATUSES: dict[Status, ColumnElement[bool]] = {
    "active": _IN & Partner.activated_at.is_not(None),
    "invited": _IN & Partner.activated_at.is_(None) & Partner.approved_at.is_not(None),
    "pending_review": _IN & Partner.approved_at.is_(None),
    "revoked": Partner.revoked_at.is_not(None),
}


def partners_by(email: str | None, status: Status | None) -> Select[Partner]:
    """All partners, or the one with exactly this address; addresses are stored in lower case."""
    query = select(Partner) if status is None else select(Partner).where(STATUSES[status])
    return query if email is None else query.where(Partner.email == email.strip().lower())


def revocation_with_partner(revocation_id: UUID) -> Select[Revocation, Partner]:
    """One span in which a partner is shut out, and who they are."""
    return (
        select(Revocation, Partner)
        .join(Partner, Partner.id == Revocation.partner_id)
        .where(Revocation.id == revocation_id)
    )


def partner_who_waits(partner_id: UUID) -> Select[Partner]:
    """The partner, if they still wait for an admin."""
    return select(Partner).where(STATUSES["pending_review"], Partner.id == partner_id)
