"""The wire of the audit log."""

from typing import Any
from uuid import UUID

from api.fields import Out, UtcTime


class AuditEntryOut(Out):
    """One change. `action` is the operation's id in OpenAPI, or the name of a job or command."""

    id: UUID
    created_at: UtcTime
    actor: str
    actor_name: str | None
    action: str
    subject: str | None
    address: str | None
    request_id: str | None
    details: dict[str, Any]


class AuditLog(Out):
    """One page, newest first."""

    entries: list[AuditEntryOut]
    next_cursor: str | None
