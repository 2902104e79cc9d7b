"""The operators' own log: every act is written down in its transaction, and in the brand's log too."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.audit import details_of, subject_of
from api.access.cookies import SAFE_METHODS
from api.access.platform import Operating
from api.web.client import client_address
from shared.models.audit_entry import AuditEntry
from shared.models.platform_entry import PlatformEntry

# Brands learn that an operator acted, and what was done; not whose mailbox it was.
ACTOR_IN_BRANDS_LOG = "operator"


class OperatorRoute(APIRoute):
    """Writes the entry in the act's transaction, which is still open here."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def recording(request: Request) -> Response:
            response = await answer(request)
            who: Operating | None = getattr(request.state, "operator", None)
            if who is not None and request.method not in SAFE_METHODS:
                await _record(request, response, who)
            return response

        return recording


async def _record(request: Request, response: Response, who: Operating) -> None:
    session: AsyncSession = request.state.platform
    action, subject = request.scope["route"].name, subject_of(request, response)
    details = await details_of(request)
    session.add(
        PlatformEntry(
            actor=who.email,
            action=action,
            subject=subject,
            brand_id=request.state.brand_id,
            address=client_address(request),
            request_id=request.scope.get("request_id"),
            details=details,
        )
    )
    if request.state.brand_id is not None:
        session.add(
            AuditEntry(actor=ACTOR_IN_BRANDS_LOG, action=action, subject=subject, details=details)
        )
    await session.flush()
