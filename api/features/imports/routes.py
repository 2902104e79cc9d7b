"""The address of imports."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.audit import instead_of_body, nothing_changed
from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.imports import service
from api.features.imports.errors import (
    BundleMisfit,
    ImportDisabledOnHosted,
    UnsupportedSchemaVersion,
)
from api.features.imports.schemas import ImportReport
from api.web.problems import problems
from api.web.transaction import Session

router = APIRouter(tags=["Imports"], route_class=RememberingRoute)
Writer = Annotated[Caller, needs(Permission.IMPORTS_WRITE)]

LARGEST = 16 * 1024**3
A_BUNDLE = {
    "schemaVersion": 1,
    "tables": {
        "Partner": [{"id": "019ab3f0-7c1e-7a40-9d52-6f1c0b8e4a17", "email": "pat@example.com"}]
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "description": "What `GET /export.json` answered; read as it arrives, at most 16 GiB.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["schemaVersion", "tables"],
                    "properties": {
                        "schemaVersion": {"const": 1},
                        "tables": {
                            "type": "object",
                            "additionalProperties": {
                                "type": "array",
                                "items": {"type": "object"},
                            },
                        },
                    },
                },
                "example": A_BUNDLE,
            }
        },
    }
}


@router.post(
    "/import",
    responses=problems(BundleMisfit, UnsupportedSchemaVersion, ImportDisabledOnHosted),
    max_body_size=LARGEST,
    openapi_extra=BODY,
)
async def import_bundle(request: Request, _: Writer, session: Session) -> ImportReport:
    """Put a bundle back, into this workspace whosever it was; what is there already stays as it is."""
    if request.state.settings.openpartner_mode != "selfhost":
        raise ImportDisabledOnHosted
    restored = await service.restore(session, request.stream())
    if restored.changed:
        instead_of_body(request, sha256=restored.digest, **restored.counts.model_dump())
    else:
        nothing_changed(request)
    return ImportReport(ok=True, report=restored.counts)
