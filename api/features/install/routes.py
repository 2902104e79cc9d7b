"""The addresses of setting up: public, since nobody is there yet who could be asked for a key."""

from fastapi import APIRouter, Request

from api.features.install import service
from api.features.install.errors import AlreadyInstalled, InstallMailFailed, InstallNotAvailable
from api.features.install.queries import has_active_admin
from api.features.install.schemas import (
    Install,
    Installed,
    InstallElsewhere,
    InstallStatus,
    Status,
)
from api.web.problems import problems
from api.web.rate_limits import limited
from shared.models.tenant import DEFAULT_TENANT_ID

router = APIRouter(prefix="/install", tags=["Install"])


@router.get("/status")
async def get_install_status(request: Request) -> Status:
    """Whether this installation waits for its first admin."""
    if request.state.settings.is_multi:
        return InstallElsewhere(needs_setup=False, reason="multi_tenant")
    async with request.state.database.tenant_session(DEFAULT_TENANT_ID, read_only=True) as session:
        return InstallStatus(needs_setup=not await has_active_admin(session))


@router.post(
    "",
    dependencies=[limited("install", "5/minute")],
    responses=problems(InstallNotAvailable, AlreadyInstalled, InstallMailFailed),
)
async def install(wanted: Install, request: Request) -> Installed:
    """Make the first admin and mail them a link to sign in."""
    state = request.state
    if state.settings.is_multi:
        raise InstallNotAvailable
    await service.install(
        state.database, state.settings, state.mailer, state.outbound.policy, wanted
    )
    return Installed(ok=True)
