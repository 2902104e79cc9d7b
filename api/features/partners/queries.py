"""Reads of partners."""

from uuid import UUID

from sqlalchemy import Select, select

from shared.models.partner import Partner, Revocation


def partners_by(email: str | None) -> Select[Partner]:
    """All partners, or the one with exactly this address; addresses are stored in lower case."""
    query = select(Partner)
    return query if email is None else query.where(Partner.email == email.strip().lower())


def revocation_with_partner(revocation_id: UUID) -> Select[Revocation, Partner]:
    """One span in which a partner is shut out, and who they are."""
    return (
        select(Revocation, Partner)
        .join(Partner, Partner.id == Revocation.partner_id)
        .where(Revocation.id == revocation_id)
    )
