"""The wire of figures; amounts stand apart by currency, because adding them would mean nothing."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.fields import Out, Time, UtcTime

Flag = Literal[
    "banned_referrer",
    "bot",
    "datacenter",
    "duplicate",
    "manual",
    "paid_traffic",
    "prefetch",
    "revoked",
    "self_referral",
    "velocity",
]

AmountByCurrency = Annotated[
    dict[str, str],
    Field(description="Decimal strings by ISO 4217 currency.", examples=[{"USD": "40.00"}]),
]


def _beginning(value: object) -> object:
    """A day begins at midnight UTC; a bare number could be anything, so it is refused."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as problem:
        raise ValueError(
            "must be a date such as 2026-11-01, or a time such as 2026-11-01T00:00:00Z"
        ) from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Since = Annotated[Time, BeforeValidator(_beginning)]


class CommissionByStatus(Out):
    """What a partner's commissions amount to, by what became of them."""

    accrued: AmountByCurrency
    approved: AmountByCurrency
    paid: AmountByCurrency
    reversed: AmountByCurrency


class LinkFigures(Out):
    """What one link brought."""

    link_key: str
    clicks: int
    attributed_events: int
    attributed_revenue: AmountByCurrency


class Dashboard(Out):
    """A partner's figures since a moment. Flagged clicks stand apart; `links` only when asked for."""

    partner_id: UUID
    since: UtcTime
    clicks: int
    flagged_clicks: int
    attributed_events: int
    attributed_revenue: AmountByCurrency
    commission_by_status: CommissionByStatus
    # The one field of an answer with a default: clients know it as absent unless they asked.
    links: list[LinkFigures] | None = None


class FunnelStages(Out):
    """Clicks that count, customers they became, customers who signed up, customers who paid."""

    clicks: int
    identities: int
    signups: int
    paid: int


class FunnelRates(Out):
    """Each stage over the one before it, and the last over the first; 0 where nothing went in."""

    stitch_rate: float
    signup_rate: float
    paid_rate: float
    overall: float


class Funnel(Out):
    """What became of the clicks since a moment."""

    partner_id: UUID
    since: UtcTime
    stages: FunnelStages
    rates: FunnelRates
    revenue: AmountByCurrency


class Totals(Out):
    """The whole program."""

    partners: int
    clicks: int
    flagged_clicks: int
    attributed_events: int
    attributed_revenue: AmountByCurrency
    commission_accrued: AmountByCurrency
    commission_approved: AmountByCurrency
    commission_paid: AmountByCurrency


class PartnerFigures(Out):
    """One partner's share; `commission` is everything that was not reversed."""

    id: UUID
    name: str
    email: str
    stripe_connected: bool
    activated_at: UtcTime | None
    revoked_at: UtcTime | None
    clicks: int
    events: int
    revenue: AmountByCurrency
    commission: AmountByCurrency


class Overview(Out):
    """The last 30 days. Totals count every partner, whichever page of them is shown."""

    since: UtcTime
    totals: Totals
    partners: list[PartnerFigures]
    next_cursor: str | None


class FlaggedClick(Out):
    """A click that doesn't count, and why.

    `flaggedBy` is `router` where it was decided with the click; `settlement` or `identify` where it
    was later, or the admin who did it. `ruleVersion` is null on clicks from before versions.
    """

    id: UUID
    fraud_flag: Flag
    rule_version: int | None
    flagged_by: str
    ts: UtcTime
    ip_hash: str | None
    user_agent: str | None
    referer: str | None
    landing_url: str
    partner_id: UUID
    partner_name: str | None
    link_id: UUID | None
    link_key: str | None


class FlaggedClicks(Out):
    """One page of flagged clicks, newest first."""

    clicks: list[FlaggedClick]
    next_cursor: str | None
