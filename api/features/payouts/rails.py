"""Which way a partner is paid, or why they can't be; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.features.payout_settings.for_others import Rail

Method = Literal["stripe_connect", "manual"]

BLOCKED = {
    "payout_open": "An earlier payout in this currency is still on its way or waits to be confirmed.",
    "stripe_connect_account_missing": "The partner hasn't connected a Stripe account.",
    "stripe_onboarding_incomplete": "The partner's Stripe account can't receive money yet.",
    "stripe_not_configured": "This installation has no Stripe account to pay from.",
    "unfunded_connect_payouts": (
        "This installation doesn't collect the brand's money, so it can't be sent through Stripe;"
        " pay by hand instead."
    ),
}
SKIPPED = {
    "below_threshold": "Less than the least that is paid out; it stays for the next run.",
    "below_smallest_unit": "Less than Stripe can send in this currency; it stays for the next run.",
    "debt_carried": "The partner owes this much; what they earn next is set against it.",
}
REASONS = BLOCKED | SKIPPED


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a partner's money can go."""

    account: str | None
    ready: bool

    @classmethod
    def of(cls, account: str | None, details: Mapping[str, Any]) -> "Payee":
        """From what Stripe last told of the account, never from what a browser came back with."""
        told = details.get("stripe")
        flags = told if isinstance(told, dict) else {}
        return cls(account, bool(account) and flags.get("payoutsEnabled") is True)


@dataclass(frozen=True, slots=True)
class Means:
    """What this installation can do for this brand."""

    stripe: bool
    funded: bool


def choose(rail: Rail, payee: Payee, means: Means) -> tuple[Method | None, str | None]:
    """The way to pay, or the reason why there is none."""
    if rail == "manual" or (rail == "auto" and payee.account is None):
        return "manual", None
    if not means.funded:
        return None, "unfunded_connect_payouts"
    if payee.account is None:
        return None, "stripe_connect_account_missing"
    if not means.stripe:
        return None, "stripe_not_configured"
    if not payee.ready:
        return None, "stripe_onboarding_incomplete"
    return "stripe_connect", None
