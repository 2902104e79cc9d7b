"""The wire of a workspace's end."""

from typing import Annotated

from pydantic import Field

from api.fields import In, Out, UtcTime


class AccountDelete(In):
    """`confirmSlug` is the workspace's name in its address, typed by whoever means it."""

    confirm_slug: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Annotated[str, Field(max_length=2000)] | None = None
    force_despite_obligations: bool = False


class Owed(Out):
    """What is owed in one currency."""

    currency: str
    count: int
    amount: str


class Obligations(Out):
    """What partners are owed: approved and in no payout yet, and payouts that haven't arrived."""

    approved_commissions: list[Owed]
    pending_payouts: list[Owed]


class AccountDeleted(Out):
    """From now on only the way back is open; after `hardDeleteAt` everything is gone for good."""

    ok: bool
    pending_deletion_at: UtcTime
    grace_window_days: int
    hard_delete_at: UtcTime
    obligations_at_delete: Obligations


class AccountRestored(Out):
    """Everything is as it was."""

    ok: bool


class DeletionStatus(Out):
    """Whether the workspace is about to be deleted, and when it will be gone; null if it isn't."""

    slug: str
    pending_deletion_at: UtcTime | None
    deletion_reason: str | None
    grace_window_days: int
    hard_delete_at: UtcTime | None
