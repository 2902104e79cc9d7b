"""The addresses of exports."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.exports import service
from api.features.exports.errors import TableNotExportable, UnsupportedFormat
from api.features.exports.lanes import Lanes
from api.features.exports.pace import Pace
from api.features.exports.schemas import Bundle
from api.fields import Time
from api.web.downloads import Download
from api.web.problems import problems
from api.web.tenancy import TenantId
from shared.database import Database

router = APIRouter(tags=["Exports"])
Reader = Annotated[Caller, needs(Permission.EXPORTS_READ)]
LANES = Lanes()
PACE = Pace()

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv", "sql": "application/sql"}
A_PARTNER = {"id": "019ab3f0-7c1e-7a40-9d52-6f1c0b8e4a17", "email": "pat@example.com"}
A_BUNDLE = {
    "exportedAt": "2026-11-01T12:00:00.000Z",
    "schemaVersion": 1,
    "tables": {"Partner": [A_PARTNER]},
}
A_LINE = 'id,email\r\n019ab3f0-7c1e-7a40-9d52-6f1c0b8e4a17,"pat@example.com"\r\n'
A_STATEMENT = 'insert into "partners" ("email") values\n(\'pat@example.com\')\n;'


def _file(**examples: Any) -> dict[int | str, dict[str, Any]]:
    """What a download answers, by format."""
    content = {MEDIA_TYPES[kind]: {"example": example} for kind, example in examples.items()}
    return {200: {"description": "A file.", "content": content}}


def _parts(
    request: Request, tenant_id: UUID, write: Callable[[AsyncSession], AsyncIterator[str]]
) -> AsyncGenerator[str, None]:
    """A transaction of its own, since the request's is over before the first part is sent."""
    database: Database = request.state.database
    connections = request.state.settings.database_pool

    async def parts() -> AsyncGenerator[str, None]:
        with LANES.one_for(tenant_id, connections):
            async with service.snapshot(database, tenant_id) as session:
                async for part in PACE.over(write(session)):
                    yield part

    return parts()


@router.get(
    "/export.json", response_model=Bundle, responses=_file(json=A_BUNDLE), response_class=Response
)
async def export_bundle(
    request: Request, _: Reader, tenant_id: TenantId, at: Time | None = None
) -> Response:
    """Everything, as one JSON file that `POST /import` puts back; `at` is written as `exportedAt`."""
    parts = _parts(request, tenant_id, lambda session: service.json_bundle(session, at))
    return Download(parts, filename="openpartner.json", media_type=MEDIA_TYPES["json"])


@router.get("/export.sql", responses=_file(sql=A_STATEMENT), response_class=Response)
async def export_sql(request: Request, _: Reader, tenant_id: TenantId) -> Response:
    """Everything, as statements for psql."""
    parts = _parts(request, tenant_id, service.sql_bundle)
    return Download(parts, filename="openpartner.sql", media_type=MEDIA_TYPES["sql"])


@router.get(
    "/export/{table}.{format}",
    responses=_file(json=[A_PARTNER], csv=A_LINE, sql=A_STATEMENT)
    | problems(TableNotExportable, UnsupportedFormat),
    response_class=Response,
)
async def export_table(
    request: Request, table: str, format: str, _: Reader, tenant_id: TenantId
) -> Response:
    """One table as JSON, CSV or SQL; see the guide for what the columns mean and how cells are escaped."""
    owned = service.table_called(table)
    service.refuse_unknown_format(format)
    parts = _parts(request, tenant_id, lambda session: service.table_as(session, owned, format))
    return Download(parts, filename=f"{owned.wire}.{format}", media_type=MEDIA_TYPES[format])
