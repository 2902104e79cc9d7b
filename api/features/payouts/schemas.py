"""The wire of payouts."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.fields import In, Out, UtcTime

Mode = Literal["selfhost", "flat", "revshare"]
PayoutMethod = Literal["stripe_connect", "manual", "external"]
PayoutStatus = Literal["pending", "paid", "failed"]
Approval = Literal["none", "wanted", "given"]
TransferState = Literal[
    "intent", "posted", "confirmed", "failed", "canceled", "reversed", "reconcile_required",
    "duplicate_review",
]  # fmt: skip
StateFilter = Literal[
    "stuck", "pending", "paid", "intent", "posted", "confirmed", "failed", "canceled", "reversed",
    "reconcile_required", "duplicate_review",
]  # fmt: skip
RecoveryAction = Literal["release_intent_for_retry", "dispose_intent", "resolve_duplicate_review"]
AmountText = Annotated[str, Field(description="In major units.", examples=["40.00"])]


class PayoutRunStart(In):
    """`preview`: pay exactly what that preview showed, or nothing."""

    preview: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class PayoutPlanned(Out):
    """A payout that a run has made; `platformFee` is what the platform charges beside it, if it does.

    `carried` is what couldn't be sent in this currency and comes with the next payout.
    """

    payout_id: UUID
    partner_id: UUID
    amount: AmountText
    currency: str
    method: PayoutMethod
    status: PayoutStatus
    platform_fee: str | None
    carried: str | None
    approval: Approval
    error: str | None


class PayoutLeftOut(Out):
    """Who gets nothing, and why; a negative amount is owed by the partner."""

    partner_id: UUID
    partner_name: str
    amount: AmountText
    currency: str
    reason: Annotated[str, Field(examples=["below_threshold"])]
    explanation: str


class PayoutRunOut(Out):
    """What a run has made: one payout for each partner and currency with something to pay.

    `skipped` has to grow first; about `blocked` somebody has to do something.
    """

    run_id: UUID
    mode: Mode
    payouts: list[PayoutPlanned]
    skipped: list[PayoutLeftOut]
    blocked: list[PayoutLeftOut]
    skipped_below_threshold: int


class PayoutPreviewed(Out):
    """A payout that a run would make."""

    partner_id: UUID
    partner_name: str
    amount: AmountText
    currency: str
    method: PayoutMethod
    commission_count: int
    platform_fee: str | None
    carried: str | None
    approval: Approval


class PayoutPreview(Out):
    """What a run would do now; give `preview` to the run, and it does exactly this or nothing."""

    preview: str
    mode: Mode
    frozen: bool
    payouts: list[PayoutPreviewed]
    skipped: list[PayoutLeftOut]
    blocked: list[PayoutLeftOut]


class PayoutConfirm(In):
    """`reference`: what finds the transfer again, such as the bank's number."""

    reference: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class PayoutUndo(In):
    """`reason`: why it was taken back, for those who look later."""

    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class PayoutRecovery(In):
    """What an operator decides about a payout that can't go on by itself.

    `observedGeneration` is the one they saw when they decided; `keepTransferId` the transfer that
    counts, of several.
    """

    action: RecoveryAction
    observed_generation: int = Field(ge=0, le=1_000_000, strict=True)
    keep_transfer_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    note: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class PayoutOut(Out):
    """Money for one partner in one currency; `paid` only once it moved."""

    id: UUID
    tenant_id: UUID
    partner_id: UUID
    run_id: UUID
    amount: AmountText
    currency: str
    method: PayoutMethod
    stripe_transfer_id: str | None
    status: PayoutStatus
    approval: Approval
    metadata: Annotated[
        dict[str, Any],
        Field(
            description="`runId`, `commissionCount`, `platformFee`, `carried`, `reference`, `error`,"
            " `errorDetail`, where there are."
        ),
    ]
    created_at: UtcTime
    completed_at: UtcTime | None


class PayoutTransferOut(Out):
    """How a payout is being sent: what is frozen, and how far it came.

    `problem` says what keeps it from ending well.
    """

    state: TransferState
    destination: str
    idempotency_key: str
    generation: int
    attempts: int
    first_posted_at: UtcTime | None
    last_attempt_at: UtcTime | None
    problem: str | None
    problem_detail: str | None


class PayoutShown(PayoutOut):
    """A payout as those see it who pay: whose it is, how it is sent, and why it is stuck if it is."""

    partner_name: str
    stuck: bool
    why: str | None
    transfer: PayoutTransferOut | None


class PayoutStepOut(Out):
    """One line of a payout's history; these are never changed."""

    id: UUID
    actor: str
    action: str
    details: dict[str, Any]
    created_at: UtcTime


class PayoutWithHistory(Out):
    """A payout, and all that was done to it."""

    payout: PayoutShown
    history: list[PayoutStepOut]


class PayoutList(Out):
    """One page of payouts, newest first."""

    payouts: list[PayoutOut]
    next_cursor: str | None


class PayoutShownList(Out):
    """One page of everybody's payouts, newest first."""

    payouts: list[PayoutShown]
    next_cursor: str | None


class PayoutConfirmed(Out):
    """The payout as it is now."""

    payout: PayoutOut


class PayoutChanged(Out):
    """The payout as it is now."""

    payout: PayoutShown


class PayoutRunKept(Out):
    """A run that was made, with what it left out."""

    id: UUID
    actor: str
    mode: Mode
    left_out: list[PayoutLeftOut]
    payout_count: int
    created_at: UtcTime


class PayoutRunList(Out):
    """One page of runs, newest first."""

    runs: list[PayoutRunKept]
    next_cursor: str | None


class PayoutDifferenceOut(Out):
    """Where a payout of ours and Stripe's transfer don't agree; `details` shows both sides."""

    id: UUID
    kind: Literal["ours_not_theirs", "theirs_not_ours", "amount_differs", "state_differs"]
    payout_id: UUID | None
    transfer_id: str | None
    details: dict[str, Any]
    created_at: UtcTime
    last_seen_at: UtcTime
    resolved_at: UtcTime | None


class PayoutDifferenceList(Out):
    """One page of differences, newest first."""

    differences: list[PayoutDifferenceOut]
    next_cursor: str | None
