"""The addresses of the audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access.caller import Caller
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.audit.queries import Filter, entries
from api.features.audit.schemas import AuditEntryOut, AuditLog
from api.fields import Time
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.audit_entry import AuditEntry

router = APIRouter(tags=["Audit"])
Reader = Annotated[Caller, needs(Permission.AUDIT_READ)]
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/audit", responses=problems(InvalidCursor))
async def list_audit_entries(
    _: Reader,
    session: Session,
    wanted: Annotated[Page, Depends(page)],
    actor: Text = None,
    action: Text = None,
    subject: Text = None,
    since: Time | None = None,
    until: Time | None = None,
) -> AuditLog:
    """Who changed what, newest first."""
    query = entries(Filter(actor, action, subject, since, until))
    rows, following = await fetch_page(session, query, AuditEntry, wanted)
    return AuditLog(entries=[show(entry, name) for entry, name in rows], next_cursor=following)


def show(entry: AuditEntry, name: str | None) -> AuditEntryOut:
    """The entry as the wire shows it."""
    return AuditEntryOut.model_validate(
        {
            **{column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns},
            "actor_name": name,
        }
    )
