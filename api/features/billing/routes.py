"""The addresses of billing; those that ask Stripe hold no transaction meanwhile."""

from typing import Annotated

from fastapi import APIRouter, Request

from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.billing import checkout, portal, service
from api.features.billing import status as statuses
from api.features.billing.errors import (
    AlreadySubscribed,
    EnterpriseByOperator,
    EnterpriseNoCheckout,
    NoCustomer,
    NoPlanChosen,
    NoPortal,
    PlanAlreadySet,
    PriceNotConfigured,
)
from api.features.billing.schemas import (
    BillingStatus,
    CheckoutStart,
    Elsewhere,
    InvoiceList,
    PlanChoice,
    PlanChosen,
    PortalOpen,
)
from api.features.subscriptions.for_others import NoBillingAtHome
from api.outside.stripe import Ambiguous, Declined, NoSuchObject, NotConfigured
from api.web.problems import problems
from api.web.return_address import ReturnUrlAbroad, refuse_abroad
from api.web.transaction import Session

router = APIRouter(prefix="/billing", tags=["Billing"], route_class=RememberingRoute)
Reader = Annotated[Caller, needs(Permission.BILLING_READ, apart=True)]
Chooser = Annotated[Caller, needs(Permission.BILLING_WRITE)]
Payer = Annotated[Caller, needs(Permission.BILLING_WRITE, apart=True)]
STRIPE = (NotConfigured, Declined, NoSuchObject, Ambiguous)


@router.get("/status")
async def get_billing_status(_: Reader, request: Request) -> BillingStatus:
    """Who pays what here, and until when it is free."""
    state = request.state
    return await statuses.status(state.database, state.settings, state.stripe, state.tenant_id)


@router.post("/plan", responses=problems(NoBillingAtHome, PlanAlreadySet, EnterpriseByOperator))
async def choose_plan(
    wanted: PlanChoice, _: Chooser, session: Session, request: Request
) -> PlanChosen:
    """Choose a plan; it begins with a checkout."""
    return await service.choose_plan(session, request.state.settings, wanted.plan)


@router.post(
    "/checkout",
    responses=problems(
        EnterpriseNoCheckout, NoBillingAtHome, NoPlanChosen, AlreadySubscribed,
        PriceNotConfigured, ReturnUrlAbroad, *STRIPE,
    ),
)  # fmt: skip
async def start_checkout(wanted: CheckoutStart, _: Payer, request: Request) -> Elsewhere:
    """Begin to pay, on a page of Stripe's. An earlier page that nobody paid on is closed."""
    state = request.state
    refuse_abroad(request, successUrl=wanted.success_url, cancelUrl=wanted.cancel_url)
    url = await checkout.open_checkout(
        state.database, state.settings, state.stripe, state.tenant_id, wanted
    )
    return Elsewhere(url=url)


@router.post("/portal", responses=problems(NoPortal, NoCustomer, ReturnUrlAbroad, *STRIPE))
async def open_billing_portal(wanted: PortalOpen, _: Payer, request: Request) -> Elsewhere:
    """Change cards, addresses or the plan, or cancel it, on a page of Stripe's."""
    state = request.state
    refuse_abroad(request, returnUrl=wanted.return_url)
    url = await portal.open_portal(
        state.database, state.settings, state.stripe, state.tenant_id, wanted.return_url
    )
    return Elsewhere(url=url)


@router.get("/invoices", responses=problems(*STRIPE))
async def list_invoices(_: Reader, request: Request) -> InvoiceList:
    """What was paid for this platform."""
    state = request.state
    return await portal.invoices(state.database, state.settings, state.stripe, state.tenant_id)
