"""Reads of domains."""

from sqlalchemy import Select, select, text

from shared.models.domain import Domain

HOLDER = text("select tenant_id from tenant_of_domain(:host)")
# Two brands that prove one name at once decide it here, one after the other.
IN_TURN = text("select pg_advisory_xact_lock(hashtextextended('domain:' || :host, 0))")


def all_domains() -> Select[Domain]:
    return select(Domain).order_by(Domain.host)
