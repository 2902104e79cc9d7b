"""Adds up what differs, partner by partner; pure, and as small as there are partners."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from api.features.attribution.for_others import Outcome, Share, explain, shares_of, stated
from shared.money import to_major

SAMPLES = 20


class Whose(NamedTuple):
    """A partner and a currency."""

    partner_id: UUID
    currency: str


@dataclass(slots=True)
class Sum:
    """In minor units."""

    credited: int = 0
    difference: int = 0
    events: int = 0


@dataclass(slots=True)
class Tally:
    """What a run has found so far."""

    events: int = 0
    changed: int = 0
    sums: defaultdict[Whose, Sum] = field(default_factory=lambda: defaultdict(Sum))
    sample: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.events += 1
        for share, before in outcome.before.items():
            self.sums[_whose(share)].credited += before.credited
        if not outcome.changes:
            return
        self.changed += 1
        for whose in {_whose(change.share) for change in outcome.changes}:
            self.sums[whose].events += 1
        for change in outcome.changes:
            self.sums[_whose(change.share)].difference += change.amount_minor
        if len(self.sample) < SAMPLES:
            self.sample.append(_shown(outcome))

    def totals(self) -> list[dict[str, str]]:
        """By currency."""
        totals: defaultdict[str, Sum] = defaultdict(Sum)
        for whose, one in self.sums.items():
            totals[whose.currency].credited += one.credited
            totals[whose.currency].difference += one.difference
        return [_difference(currency, one) for currency, one in sorted(totals.items())]

    def partners(self, names: Mapping[UUID, str]) -> list[dict[str, Any]]:
        """Whoever would get more or less, the largest difference of a currency first."""
        moved = [(whose, one) for whose, one in self.sums.items() if one.difference or one.events]
        moved.sort(key=lambda pair: (pair[0].currency, -abs(pair[1].difference), pair[0]))
        return [
            {
                **_difference(whose.currency, one),
                "partnerId": str(whose.partner_id),
                "partnerName": names.get(whose.partner_id, ""),
                "events": one.events,
            }
            for whose, one in moved
        ]


def _whose(share: Share) -> Whose:
    return Whose(share.partner_id, share.currency)


def _difference(currency: str, one: Sum) -> dict[str, str]:
    return {
        "currency": currency,
        "credited": to_major(one.credited, currency),
        "wouldBe": to_major(one.credited + one.difference, currency),
        "difference": to_major(one.difference, currency),
    }


def _shown(outcome: Outcome) -> dict[str, Any]:
    event = stated(outcome.event)
    before = {share: found.credited for share, found in outcome.before.items()}
    told = explain(event, outcome.decision)
    return {
        "eventId": str(event.id),
        "eventType": event.type,
        "eventAt": told["eventAt"],
        "credited": _amounts(before),
        "wouldBe": _amounts(shares_of(outcome.decision)),
        "wouldBeSentence": " ".join(
            [told["sentence"], *(credit["sentence"] for credit in told["credits"])]
        ),
    }


def _amounts(shares: Mapping[Share, int]) -> list[dict[str, str]]:
    return [
        {
            "partnerId": str(share.partner_id),
            "campaignId": str(share.campaign_id),
            "amount": to_major(amount, share.currency),
            "currency": share.currency,
        }
        for share, amount in sorted(shares.items())
        if amount
    ]
