"""The wire of pushes."""

from typing import Literal
from uuid import UUID

from api.fields import Out, UtcTime

PushKind = Literal["partner", "partners", "approval", "payout_report", "departure"]
PushStatus = Literal["pending", "dead"]


class PushOut(Out):
    """Something that the network has yet to hear. What it has heard is no longer here."""

    id: UUID
    kind: PushKind
    status: PushStatus
    partner_id: UUID | None
    attempts: int
    http_status: int | None
    error: str | None
    created_at: UtcTime
    last_attempt_at: UtcTime | None
    next_attempt_at: UtcTime | None


class PushList(Out):
    """One page of pushes, newest first."""

    pushes: list[PushOut]
    next_cursor: str | None


class Backfilled(Out):
    """`queued` of `total` partners are on their way; none is told of while you wait."""

    total: int
    pushed: int
    queued: int
