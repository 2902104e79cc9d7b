"""/health, /ready and /metrics, at the root of the API's host."""

from hmac import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from api.errors import Unauthorized, Unavailable
from api.features.health.migrations import newest_migration
from api.features.health.queue import show_queue
from api.features.health.schemas import Health, Readiness
from api.web.problems import problems
from api.web.tenancy import bearer_of

router = APIRouter(tags=["Operations"])


class NotMigrated(Unavailable, code="not_migrated"):
    """The database is not at the version of this program; run `openpartner migrate`."""


@router.get("/health")
async def get_health(request: Request) -> Health:
    """Whether the process lives; asks nobody else."""
    return Health(ok=True, service="api", mode=request.state.settings.openpartner_mode)


@router.get("/ready", responses=problems(NotMigrated))
async def get_readiness(request: Request) -> Readiness:
    """Whether requests can be served: the database answers and is migrated."""
    async with request.state.database.unpinned_session() as session:
        found = await session.scalar(text("select version_num from alembic_version"))
    if found != newest_migration():
        raise NotMigrated(found=found, wanted=newest_migration())
    return Readiness(ok=True, migration=found)


@router.get(
    "/metrics",
    responses=problems(Unauthorized),
    response_class=Response,
)
async def get_metrics(request: Request) -> Response:
    """Figures for Prometheus; with METRICS_TOKEN set, only for its bearer."""
    token = request.state.settings.metrics_token
    given = bearer_of(request) or ""
    if token and not compare_digest(given.encode(), token.get_secret_value().encode()):
        raise Unauthorized
    await show_queue(request.state.database)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
