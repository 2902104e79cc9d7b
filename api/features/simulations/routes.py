"""The addresses of simulations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from api.access.audit import nothing_changed
from api.access.caller import Caller
from api.access.idempotency import ONCE_FOR_EVER, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.simulations import service
from api.features.simulations.errors import (
    CampaignNotFound,
    SimulationApplied,
    SimulationNotFound,
    SimulationOutdated,
    TooManyEvents,
)
from api.features.simulations.schemas import Applied, Simulate, Simulated
from api.web.problems import problems
from api.web.rate_limits import limited
from api.web.transaction import Session

router = APIRouter(prefix="/campaigns/{id}", tags=["Campaigns"], route_class=RememberingRoute)
Simulator = Annotated[Caller, needs(Permission.SIMULATIONS_RUN, apart=True)]
Reader = Annotated[Caller, needs(Permission.SIMULATIONS_RUN)]
Applier = Annotated[Caller, needs(Permission.SIMULATIONS_APPLY)]
SimulationId = Annotated[str, Path(min_length=1, max_length=64)]


@router.post(
    "/simulate",
    dependencies=[limited("simulate", "60/minute")],
    responses=problems(CampaignNotFound, TooManyEvents),
)
async def simulate_campaign(
    id: UUID, wanted: Simulate, _: Simulator, request: Request
) -> Simulated:
    """Reckon the last days by other terms, another window or model. No credit or amount changes."""
    nothing_changed(request)
    state = request.state
    async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
        simulation = await service.simulate(session, id, wanted)
    # Kept, so that exactly what was shown can be applied.
    async with state.database.tenant_session(state.tenant_id) as session:
        session.add(simulation)
    return service.show(simulation)


@router.get("/simulations/{simulationId}", responses=problems(SimulationNotFound))
async def get_simulation(
    id: UUID,
    simulationId: SimulationId,  # noqa: N803  # as the contract spells it
    _: Reader,
    session: Session,
) -> Simulated:
    """What a simulation showed."""
    return service.show(await service.find(session, id, simulationId))


@router.post(
    "/simulations/{simulationId}/apply",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(
        SimulationNotFound,
        SimulationApplied,
        SimulationOutdated,
        KeyReused,
        StillRunning,
    ),
)
async def apply_simulation(
    id: UUID,
    simulationId: SimulationId,  # noqa: N803  # as the contract spells it
    _: Applier,
    session: Session,
) -> Applied:
    """Book what a simulation showed as adjustments, once. Commissions stay as they are."""
    return await service.apply(session, id, simulationId)
