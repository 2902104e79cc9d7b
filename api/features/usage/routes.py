"""The addresses of usage."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.subscriptions.for_others import NoBillingAtHome
from api.features.usage import service
from api.features.usage.errors import UsageReportFailed
from api.features.usage.queries import reports_with_lines
from api.features.usage.reports import Sent, report_next
from api.features.usage.schemas import ReportOut, Usage, UsageReported
from api.outside.stripe import NotConfigured, StripeFailure
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.billing_usage import UsageReport
from shared.money import to_major

router = APIRouter(prefix="/billing", tags=["Billing"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.BILLING_READ)]
Reporter = Annotated[Caller, needs(Permission.BILLING_WRITE, apart=True)]


@router.post("/report-usage", responses=problems(NoBillingAtHome, UsageReportFailed, NotConfigured))
async def report_usage(_: Reporter, request: Request) -> UsageReported:
    """Tell Stripe now what was sold through partners, instead of tonight; each sale counts once."""
    state = request.state
    if state.settings.openpartner_mode == "selfhost":
        raise NoBillingAtHome
    async with state.database.tenant_session(state.tenant_id) as session:
        await service.write_lines(session, state.settings)
    try:
        return _told(await report_next(state.database, state.stripe, state.tenant_id))
    except StripeFailure as problem:
        raise UsageReportFailed(reason=problem.reason) from problem


def _told(sent: Sent) -> UsageReported:
    report = sent.report
    return UsageReported(
        reported=report is not None,
        reason=sent.why_not,
        amount=to_major(report.usd_minor, "USD") if report else None,
        currency="USD",
        identifier=report.identifier if report else None,
        resent=report is not None and report.uncertain,
    )


@router.get("/usage", responses=problems(InvalidCursor))
async def get_usage(
    _: Reader, session: Session, request: Request, wanted: Annotated[Page, Depends(page)]
) -> Usage:
    """What was told to Stripe, newest first, and what waits to be."""
    rows, following = await fetch_page(session, reports_with_lines(), UsageReport, wanted)
    return Usage(
        reports=[_shown(report, lines) for report, lines in rows],
        next_cursor=following,
        open=await service.open_amounts(session),
        waiting_for_rate=await service.waiting_for_rate(session, request.state.settings),
    )


def _shown(report: UsageReport, lines: int) -> ReportOut:
    return ReportOut.model_validate(
        {
            "id": report.id,
            "identifier": report.identifier,
            "amount": to_major(report.usd_minor, "USD"),
            "currency": "USD",
            "status": report.status,
            "lines": lines,
            "happened_at": report.happened_at,
            "sent_at": report.sent_at,
            "last_error": report.last_error,
            "created_at": report.created_at,
        }
    )
