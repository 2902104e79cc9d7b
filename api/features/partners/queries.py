"""Reads of partners."""

from sqlalchemy import Select, select

from shared.models.partner import Partner


def partners_by(email: str | None) -> Select[Partner]:
    """All partners, or the one with exactly this address; addresses are stored in lower case."""
    query = select(Partner)
    return query if email is None else query.where(Partner.email == email.strip().lower())
