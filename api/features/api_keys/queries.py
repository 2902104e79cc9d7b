"""Reads of keys; row security keeps them to the pinned tenant."""

from uuid import UUID

from sqlalchemy import Select, any_, literal, select

from shared.models.api_key import ApiKey


def scoped_keys(scope: str | None) -> Select[ApiKey]:
    """Integrations' keys, or those of them that have this scope."""
    query = select(ApiKey).where(ApiKey.scopes.is_not(None))
    return query.where(literal(scope) == any_(ApiKey.scopes)) if scope else query


def keys_of(partner_id: UUID) -> Select[ApiKey]:
    """A partner's own keys."""
    return select(ApiKey).where(ApiKey.partner_id == partner_id)
