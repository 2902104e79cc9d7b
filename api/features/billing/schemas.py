"""The wire of billing."""

from typing import Annotated, Literal

from pydantic import Field

from api.fields import Email, HttpUrl, In, Out, UtcTime

PlanName = Literal["flex", "revshare", "enterprise"]
HostedMode = Literal["flat", "revshare"]
AmountText = Annotated[str, Field(description="In major units.", examples=["49.00"])]


class PlanChoice(In):
    """`enterprise` is accepted here so that its refusal can say why."""

    plan: PlanName


class PlanChosen(Out):
    """The plan that a checkout will be for."""

    ok: bool
    plan: PlanName


class CheckoutStart(In):
    """Where Stripe sends people back to; both must be pages of this installation."""

    success_url: HttpUrl
    cancel_url: HttpUrl
    customer_email: Email | None = None


class PortalOpen(In):
    """Where Stripe sends people back to: a page of this installation."""

    return_url: HttpUrl


class Elsewhere(Out):
    """A page of Stripe's to send the browser to."""

    url: str


class SelfhostStatus(Out):
    """Nobody pays anybody."""

    mode: Literal["selfhost"]
    plan: None
    billed: Literal[False]


class EnterpriseStatus(Out):
    """Billed by the operator, as agreed."""

    mode: HostedMode
    plan: Literal["enterprise"]
    enterprise: Literal[True]
    message: str


class UnsubscribedStatus(Out):
    """Evaluating, or no longer."""

    mode: Literal["flat"]
    plan: PlanName | None
    subscribed: Literal[False]
    trial_ends_at: UtcTime | None
    in_trial: bool
    has_used_trial: bool
    trial_expired_without_subscription: bool


class SubscribedStatus(Out):
    """`live`: whether Stripe was asked just now; otherwise this is what it last said."""

    mode: Literal["flat"]
    plan: PlanName | None
    subscribed: Literal[True]
    subscription_id: str
    status: str
    current_period_end: UtcTime | None
    cancel_at: UtcTime | None
    trial_end: UtcTime | None
    live: bool


class RevshareStatus(Out):
    """`accruedPlatformFees`: by currency, of sales since the last invoice."""

    mode: Literal["revshare"]
    plan: PlanName | None
    fee_rate: str
    accrued_platform_fees: dict[str, AmountText]
    subscribed: bool
    subscription_id: str | None
    status: str | None
    trial_ends_at: UtcTime | None
    in_trial: bool
    has_used_trial: bool
    trial_expired_without_subscription: bool


BillingStatus = (
    SelfhostStatus | EnterpriseStatus | UnsubscribedStatus | SubscribedStatus | RevshareStatus
)


class InvoiceOut(Out):
    """An invoice as Stripe shows it."""

    id: str
    number: str | None
    status: str | None
    amount_due: AmountText
    amount_paid: AmountText
    currency: str
    created: UtcTime
    period_start: UtcTime
    period_end: UtcTime
    hosted_invoice_url: str | None
    invoice_pdf: str | None


class InvoiceList(Out):
    """The latest twelve, newest first."""

    invoices: list[InvoiceOut]
