"""The address of partner imports."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.access.audit import instead_of_body, nothing_changed
from api.access.caller import Caller
from api.access.gate import PlanRequired, TrialExpired
from api.access.idempotency import ONCE, RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.access.review import BrandPendingReview
from api.features.partner_imports import service
from api.features.partner_imports.errors import EmptyBody, InvalidCsv, NoRows
from api.features.partner_imports.schemas import CsvText, PartnerImport
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(tags=["Imports"], route_class=RememberingRoute)
Writer = Annotated[Caller, needs(Permission.PARTNERS_WRITE, gate="admits")]

LARGEST = 10 * 1024 * 1024
A_LIST = 'email,name,activatedAt,metadata\npat@example.com,Pat Partner,2026-01-31,"{""tier"":1}"\n'
BODY = {
    "requestBody": {
        "required": True,
        "description": (
            "A list with the columns `email` and `name`, and if you like `activatedAt` and"
            " `metadata` (a JSON object); UTF-8, at most 10 MiB and 50 000 rows."
        ),
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": A_LIST},
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["csv"],
                    "properties": {"csv": {"type": "string"}},
                    "additionalProperties": False,
                },
                "example": {"csv": A_LIST},
            },
        },
    }
}


@router.post(
    "/import/partners-csv",
    dependencies=[ONCE],
    responses=problems(
        EmptyBody, InvalidCsv, NoRows, TrialExpired, PlanRequired, BrandPendingReview
    ),
    max_body_size=LARGEST,
    openapi_extra=BODY,
)
async def import_partners(
    request: Request,
    _: Writer,
    session: Session,
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Only say what would become of each row.")
    ] = False,
) -> PartnerImport:
    """Make active partners of a list, each granted every campaign; wrong rows keep no other out."""
    done = await service.import_partners(session, await _list(request), dry_run=dry_run)
    if dry_run or not done.summary.created:
        nothing_changed(request)
    else:
        instead_of_body(request, **done.summary.model_dump())
    return done


async def _list(request: Request) -> bytes | str:
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return body
    try:
        return CsvText.model_validate_json(body).csv
    except ValidationError as problem:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in problem.errors()]
        raise RequestValidationError(errors) from problem
