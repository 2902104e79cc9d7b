"""What the operators of the platform read about subscriptions: pure text."""

from datetime import datetime
from typing import NamedTuple


class News(NamedTuple):
    """A subject and what there is to say."""

    subject: str
    text: str


def canceled(slug: str, subscription: str, when: datetime) -> News:
    return News(
        f"{slug}: the subscription has ended",
        f"The subscription {subscription} of {slug} ended on {_day(when)}.\n\n"
        "What was sold through its partners until then and is not yet on an invoice is billed with"
        " its next subscription, if there is one. Making partners, campaigns and coupons waits for"
        " a plan; tracking, payouts and everything that is there go on.",
    )


def scheduled(slug: str, subscription: str, when: datetime) -> News:
    return News(
        f"{slug}: the subscription will end on {_day(when)}",
        f"The subscription {subscription} of {slug} is set to end on {_day(when)}.",
    )


def second(slug: str, kept: str, other: str) -> News:
    return News(
        f"{slug} has two subscriptions",
        f"{slug} pays for {kept} and also for {other}. Stripe bills its usage on both: cancel one"
        " of them, and refund what was paid twice.",
    )


def enterprise(slug: str) -> News:
    return News(
        f"{slug} asks for the enterprise plan",
        f"{slug} signed up and asked for the enterprise plan. It evaluates like everybody until"
        f" somebody agrees on terms with them and runs:\n\n    openpartner set-plan {slug} enterprise",
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
