"""The wire of usage."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import Out, UtcTime

AmountText = Annotated[str, Field(description="In major units.", examples=["1250.00"])]
WhyNot = Literal["nothing_to_report", "no_subscription"]


class UsageReported(Out):
    """What Stripe's meter was told. `resent`: this report was made earlier, and its outcome unknown.

    Neither `reported` nor failed: there is nothing to tell, or nobody to bill it to yet.
    """

    reported: bool
    reason: WhyNot | None
    amount: AmountText | None
    currency: Literal["USD"]
    identifier: str | None
    resent: bool


class ReportOut(Out):
    """One report to Stripe's meter, in US dollars. `lines`: how many lines of the bill it carries."""

    id: UUID
    identifier: str
    amount: AmountText
    currency: Literal["USD"]
    status: Literal["pending", "sent", "replaced"]
    lines: int
    happened_at: UtcTime
    sent_at: UtcTime | None
    last_error: str | None
    created_at: UtcTime


class Usage(Out):
    """`open`: attributed sales less refunds, by currency, that no report carries yet.

    `waitingForRate`: currencies of sales that can't be billed before the operator names their rate.
    """

    reports: list[ReportOut]
    next_cursor: str | None
    open: dict[str, AmountText]
    waiting_for_rate: list[str]
