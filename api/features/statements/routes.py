"""The addresses of statements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import owns
from api.access.permissions import Permission
from api.features.partners.for_others import UnknownPartner
from api.features.statements import printing, service
from api.features.statements.schemas import StatementOut
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(prefix="/partners/{id}", tags=["Payouts"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.STATEMENTS_READ)]
Month = Annotated[
    str | None,
    Query(
        pattern=r"^(19[7-9]\d|20\d\d|21[0-8]\d)-(0[1-9]|1[0-2])$",
        description="Such as 2026-11, in UTC; the present month without one.",
    ),
]


@router.get("/statements", responses=problems(UnknownPartner))
async def get_statement(id: UUID, _: Reader, session: Session, month: Month = None) -> StatementOut:
    """A partner's month: what they were owed, earned and were paid, and what is owed at its end."""
    return await service.statement(session, id, month)


@router.get(
    "/statements.html",
    responses={**problems(UnknownPartner), 200: {"content": {"text/html": {}}}},
    response_class=HTMLResponse,
)
async def get_statement_page(
    id: UUID, _: Reader, session: Session, month: Month = None
) -> HTMLResponse:
    """The same as a page, to read and to print."""
    shown = printing.page(await service.statement(session, id, month))
    return HTMLResponse(shown, headers={"content-security-policy": printing.POLICY})


@router.get(
    "/statements.pdf",
    responses={**problems(UnknownPartner), 200: {"content": {"application/pdf": {}}}},
    response_class=Response,
)
async def get_statement_pdf(id: UUID, _: Reader, session: Session, month: Month = None) -> Response:
    """The same as a PDF, to file."""
    found = await service.statement(session, id, month)
    named = f'attachment; filename="statement-{found.month}.pdf"'
    return Response(
        printing.pdf(found), media_type="application/pdf", headers={"content-disposition": named}
    )
