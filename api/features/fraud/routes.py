"""The address of backtests."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.audit import nothing_changed
from api.access.caller import Caller
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.fraud import service
from api.features.fraud.schemas import Backtest, BacktestRequest

router = APIRouter(prefix="/fraud", tags=["Fraud"])
Reader = Annotated[Caller, needs(Permission.FRAUD_READ, apart=True)]


@router.post("/backtest")
async def backtest_rule(wanted: BacktestRequest, _: Reader, request: Request) -> Backtest:
    """Try a rule on the clicks of the past, before it is switched on. Nothing is changed."""
    nothing_changed(request)
    state = request.state
    # Apart from the transaction that asked who calls, because this one may only read.
    async with state.database.tenant_session(state.tenant_id, read_only=True) as session:
        return await service.backtest(session, wanted, state.settings)
