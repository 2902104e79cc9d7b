"""Subscriptions, for sign-up, Stripe's events, usage, billing, and whoever asks where a brand stands."""

from api.features.subscriptions.errors import NoBillingAtHome
from api.features.subscriptions.events import handle_subscription_event
from api.features.subscriptions.letters import News
from api.features.subscriptions.queries import account, current, subscription
from api.features.subscriptions.renewal import end_with_period, go_on_after_period
from api.features.subscriptions.seen import Seen, seen
from api.features.subscriptions.service import (
    CATCH_UP,
    follow,
    locked_account,
    start_evaluation,
    tell_operators,
)
from api.features.subscriptions.state import (
    BillingState,
    days_remaining,
    entitled_to_white_label,
    state,
)

__all__ = [
    "CATCH_UP",
    "BillingState",
    "News",
    "NoBillingAtHome",
    "Seen",
    "account",
    "current",
    "days_remaining",
    "end_with_period",
    "entitled_to_white_label",
    "follow",
    "go_on_after_period",
    "handle_subscription_event",
    "locked_account",
    "seen",
    "start_evaluation",
    "state",
    "subscription",
    "tell_operators",
]
