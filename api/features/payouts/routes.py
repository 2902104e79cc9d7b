"""The addresses of payouts: to make, confirm, take back and look at them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.access.caller import Caller
from api.access.idempotency import ONCE_FOR_EVER, KeyReused, RememberingRoute, StillRunning
from api.access.needs import needs, owns
from api.access.permissions import Permission
from api.features.partners.for_others import UnknownPartner, partner_of
from api.features.payouts import queries, recovery, runs, service
from api.features.payouts.bank_file import bank_file
from api.features.payouts.desks import desk_of, means_of
from api.features.payouts.errors import (
    ApprovalNotWanted,
    ApprovalWanted,
    CannotVerify,
    CommissionSetChanged,
    ConnectUnfunded,
    GenerationMoved,
    KeptTransferInvalid,
    MoneyWithPartner,
    NotConfirmable,
    NotDisposable,
    NotInReview,
    NotReleasable,
    NotUndoable,
    PayoutBusy,
    PayoutNotFound,
    PayoutOpen,
    PayoutsFrozen,
    PreviewOutdated,
    RunNotFound,
    SecondPersonNeeded,
    TransferExists,
    TransfersStillLive,
)
from api.features.payouts.runs import Starter
from api.features.payouts.schemas import (
    PayoutChanged,
    PayoutConfirm,
    PayoutConfirmed,
    PayoutDifferenceList,
    PayoutDifferenceOut,
    PayoutList,
    PayoutMethod,
    PayoutPreview,
    PayoutRecovery,
    PayoutRunKept,
    PayoutRunList,
    PayoutRunOut,
    PayoutRunStart,
    PayoutShownList,
    PayoutUndo,
    PayoutWithHistory,
    StateFilter,
)
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.payout import Payout
from shared.models.payout_difference import PayoutDifference
from shared.models.payout_run import PayoutRun

router = APIRouter(tags=["Payouts"], route_class=RememberingRoute)
Reader = Annotated[Caller, owns(Permission.PAYOUTS_READ)]
Lister = Annotated[Caller, needs(Permission.PAYOUTS_LIST)]
Runner = Annotated[Caller, needs(Permission.PAYOUTS_RUN)]
Operator = Annotated[Caller, needs(Permission.PAYOUTS_RECOVER, apart=True)]
Wanted = Annotated[Page, Depends(page)]
RETRIES = (StillRunning, KeyReused)


@router.post("/payouts/preview")
async def preview_payouts(_: Runner, session: Session, request: Request) -> PayoutPreview:
    """See what a run would pay, leave for the next one, and can't pay, and why; nothing changes."""
    settings = request.state.settings
    means = means_of(settings, request.state.stripe)
    return await runs.preview(session, settings.openpartner_mode, means)


@router.post(
    "/payouts/run",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(PayoutsFrozen, ConnectUnfunded, PreviewOutdated, *RETRIES),
)
async def run_payouts(
    caller: Runner, session: Session, request: Request, wanted: PayoutRunStart | None = None
) -> PayoutRunOut:
    """Gather everything approved into payouts, one for each partner and currency."""
    settings = request.state.settings
    means = means_of(settings, request.state.stripe)
    starter = Starter(caller.principal, caller.stands_for)
    shown = wanted.preview if wanted else None
    return await runs.run(session, settings.openpartner_mode, means, starter, shown)


@router.get("/payouts/runs", responses=problems(InvalidCursor))
async def list_payout_runs(_: Lister, session: Session, wanted: Wanted) -> PayoutRunList:
    """The runs so far, newest first, each with whom it left out and why."""
    query = queries.runs()
    rows, following = await fetch_page(session, query, PayoutRun, wanted)
    counts = await service.count_of(session, [run.id for (run,) in rows])
    kept = [
        PayoutRunKept(
            id=run.id,
            actor=run.actor,
            mode=run.mode,
            left_out=[runs.left_out_of(one) for one in run.left_out],
            payout_count=counts.get(run.id, 0),
            created_at=run.created_at,
        )
        for (run,) in rows
    ]
    return PayoutRunList(runs=kept, next_cursor=following)


@router.get(
    "/payouts/runs/{id}.csv",
    responses={**problems(RunNotFound), 200: {"content": {"text/csv": {}}}},
    response_class=Response,
)
async def get_bank_file(id: UUID, _: Lister, session: Session) -> Response:
    """A run's payouts by hand as a file for whoever makes the bank transfers."""
    rows = await service.run_rows(session, id)
    if rows is None:
        raise RunNotFound
    return Response(
        bank_file(rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="payouts-{id}.csv"'},
    )


@router.get("/payouts/differences", responses=problems(InvalidCursor))
async def list_payout_differences(
    _: Lister,
    session: Session,
    wanted: Wanted,
    all: Annotated[bool, Query(description="Also those that are settled.")] = False,
) -> PayoutDifferenceList:
    """Where our payouts and Stripe's transfers don't tell the same story; compared every hour."""
    rows, following = await fetch_page(
        session, queries.differences(settled=all), PayoutDifference, wanted
    )
    shown = [PayoutDifferenceOut.model_validate(one, from_attributes=True) for (one,) in rows]
    return PayoutDifferenceList(differences=shown, next_cursor=following)


@router.get("/payouts", responses=problems(InvalidCursor))
async def list_payouts(
    _: Lister,
    session: Session,
    wanted: Wanted,
    state: Annotated[
        StateFilter | None,
        Query(description="Only those in this state; `stuck`: those that need somebody."),
    ] = None,
    method: Annotated[PayoutMethod | None, Query(description="Only those paid this way.")] = None,
    run_id: Annotated[UUID | None, Query(alias="runId", description="Only this run's.")] = None,
) -> PayoutShownList:
    """Everybody's payouts, newest first, with how they are sent and why one is stuck."""
    query = queries.payouts_shown()
    if state is not None:
        query = query.where(queries.in_state(state))
    if method is not None:
        query = query.where(Payout.method == method)
    if run_id is not None:
        query = query.where(Payout.run_id == run_id)
    rows, following = await fetch_page(session, query, Payout, wanted)
    return PayoutShownList(
        payouts=[service.show_to_payers(row) for row in rows], next_cursor=following
    )


@router.get("/payouts/{id}", responses=problems(PayoutNotFound))
async def get_payout(id: UUID, _: Lister, session: Session) -> PayoutWithHistory:
    """One payout, with all that was done to it and by whom."""
    return await service.with_history(session, id)


@router.post(
    "/payouts/{id}/confirm",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(
        PayoutNotFound, NotConfirmable, ApprovalWanted, CommissionSetChanged, *RETRIES
    ),
)
async def confirm_payout(
    id: UUID, caller: Runner, session: Session, wanted: PayoutConfirm | None = None
) -> PayoutConfirmed:
    """Say that a payout was paid by hand; its commissions are paid with it."""
    reference = wanted.reference if wanted else None
    return PayoutConfirmed(payout=await service.confirm(session, id, reference, caller.principal))


@router.post(
    "/payouts/{id}/undo",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(PayoutNotFound, NotUndoable, PayoutOpen, *RETRIES),
)
async def undo_payout(
    id: UUID, caller: Runner, session: Session, wanted: PayoutUndo | None = None
) -> PayoutConfirmed:
    """Take back the last step of a payout by hand: from paid to pending, from pending to nothing."""
    reason = wanted.reason if wanted else None
    return PayoutConfirmed(payout=await service.undo(session, id, reason, caller.principal))


@router.post(
    "/payouts/{id}/approve",
    dependencies=[ONCE_FOR_EVER],
    responses=problems(PayoutNotFound, ApprovalNotWanted, SecondPersonNeeded, *RETRIES),
)
async def approve_payout(id: UUID, caller: Runner, session: Session) -> PayoutChanged:
    """Agree to a payout above the limit that the settings name; who started its run can't."""
    approver = Starter(caller.principal, caller.stands_for)
    return PayoutChanged(payout=await service.approve(session, id, approver))


@router.post(
    "/payouts/{id}/recovery",
    responses=problems(
        PayoutNotFound, GenerationMoved, PayoutBusy, NotReleasable, NotDisposable, NotInReview,
        TransferExists, MoneyWithPartner, KeptTransferInvalid, TransfersStillLive, CannotVerify,
    ),
)  # fmt: skip
async def recover_payout(
    id: UUID, wanted: PayoutRecovery, caller: Operator, request: Request
) -> PayoutChanged:
    """Decide on a payout that can't go on by itself; Stripe is asked before anything is decided."""
    state = request.state
    desk = desk_of(state.tenant_id, state.database, state.settings, state.stripe)
    await recovery.recover(desk, id, wanted, caller.principal)
    async with state.database.tenant_session(state.tenant_id) as session:
        return PayoutChanged(payout=await service.find(session, id))


@router.get("/partners/{id}/payouts", responses=problems(InvalidCursor, UnknownPartner))
async def list_partner_payouts(id: UUID, _: Reader, session: Session, wanted: Wanted) -> PayoutList:
    """One partner's payouts, newest first; partners see their own."""
    await partner_of(session, id)
    rows, following = await fetch_page(session, queries.payouts_of(id), Payout, wanted)
    return PayoutList(payouts=[service.show(payout) for (payout,) in rows], next_cursor=following)
