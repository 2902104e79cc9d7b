"""Reads of the audit log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Text, cast, func, select

from shared.models.admin import Admin
from shared.models.api_key import ApiKey
from shared.models.audit_entry import AuditEntry
from shared.models.partner import Partner


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; None is anything."""

    actor: str | None
    action: str | None
    subject: str | None
    since: datetime | None
    until: datetime | None


def entries(wanted: Filter) -> Select[AuditEntry, str]:
    """Entries with the name of whoever acted, as it is now."""
    query = (
        select(AuditEntry, func.coalesce(Admin.name, Partner.name, ApiKey.label))
        .outerjoin(Admin, AuditEntry.actor == "admin:" + cast(Admin.id, Text))
        .outerjoin(Partner, AuditEntry.actor == "partner:" + cast(Partner.id, Text))
        .outerjoin(ApiKey, AuditEntry.actor == "key:" + cast(ApiKey.id, Text))
    )
    for column, value in (
        (AuditEntry.actor, wanted.actor),
        (AuditEntry.action, wanted.action),
        (AuditEntry.subject, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEntry.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.created_at < wanted.until)
    return query
