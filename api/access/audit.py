"""The audit log: every change that a caller makes is written down in the change's transaction."""

import json
import re
from math import isfinite
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.cookies import SAFE_METHODS
from api.web.client import client_address
from shared.models.audit_entry import AuditEntry

# Raw facts are their own record, and there are millions of them.
FACTS = {"report_event", "identify_customer", "record_click", "redeem_coupon"}
SECRET = re.compile(r"pass(word|phrase)|secret|token|(^|_|[a-z])key$|cipher", re.IGNORECASE)
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
LONGEST = 200
DEEPEST = 16
HIDDEN = "[hidden]"


def record(
    session: AsyncSession, actor: str, action: str, subject: str | None = None, **details: Any
) -> None:
    """For what happens without a caller's request: jobs, commands, the installation itself."""
    session.add(AuditEntry(actor=actor, action=action, subject=subject, details=shortened(details)))


def instead_of_body(request: Request, **details: Any) -> None:
    """For a body that is too long to be kept, or was read as it came: what its entry says."""
    request.state.audit_details = details


def nothing_changed(request: Request) -> None:
    """For a rehearsal, or a repetition: no entry."""
    request.state.unchanged = True


async def record_request(request: Request, response: Response) -> None:
    """Writes the entry of a request that changed something, while its transaction is open."""
    caller: Caller | None = getattr(request.state, "caller", None)
    action = request.scope["route"].name
    if caller is None or request.method in SAFE_METHODS or action in FACTS:
        return
    if getattr(request.state, "unchanged", False):
        return
    entry = AuditEntry(
        actor=caller.principal,
        action=action,
        subject=subject_of(request, response),
        address=client_address(request),
        request_id=request.scope.get("request_id"),
        details=await details_of(request),
    )
    session: AsyncSession | None = getattr(request.state, "session", None)
    if session is not None:
        session.add(entry)
        await session.flush()
        return
    # A route that called out has closed its transactions; its entry gets one of its own.
    async with request.state.database.tenant_session(request.state.tenant_id) as apart:
        apart.add(entry)


def subject_of(request: Request, response: Response) -> str | None:
    """What was changed: the id in the address, or that of what was made."""
    if named := list(request.path_params.values()):
        return str(named[-1])
    try:
        made = json.loads(bytes(response.body))
    except ValueError:
        return None
    found = made.get("id") if isinstance(made, dict) else None
    return str(found) if found is not None else None


async def details_of(request: Request) -> dict[str, Any]:
    """The rest of the address and the body, shortened and without secrets."""
    details: dict[str, Any] = {}
    if len(request.path_params) > 1:
        details["path"] = {name: str(value) for name, value in request.path_params.items()}
    if (told := getattr(request.state, "audit_details", None)) is not None:
        return {**details, **told}
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return details
    if isinstance(body, dict) and body:
        details["body"] = shortened(body)
    return details


def shortened(value: Any, depth: int = 0) -> Any:
    """The same without secrets, without what can't be stored, and with what is long or deep cut.

    Routes that take no body get one all the same, which nobody has checked.
    """
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            shortened(str(key)): HIDDEN if SECRET.search(str(key)) else shortened(inner, depth + 1)
            for key, inner in list(value.items())[:50]
        }
    if isinstance(value, list | tuple):
        return [shortened(inner, depth + 1) for inner in value[:50]]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, str):
        value = UNSTORABLE.sub("\ufffd", value)
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    return value
