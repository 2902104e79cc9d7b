"""Which clicks may earn from an event, and for each that may not, the reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.features.attribution.touches import Event, Touch

# A click made while its partner was revoked is judged by whether the partner still is: reinstating
# brings old clicks back to life for new events.
HARMLESS_FLAGS = frozenset((None, "revoked"))

FLAGS = {
    "velocity": "The visitor followed this link too often within a minute.",
    "bot": "A crawler made this click, not a person.",
    "prefetch": "A browser fetched the link ahead of time; nobody had clicked it yet.",
    "duplicate": "It repeats a click made a moment before.",
    "manual": "An admin flagged this click.",
    "datacenter": "It came from a data center, where no visitors sit.",
    "self_referral": "The customer is the partner in person.",
    "banned_referrer": "It came from a site that the program doesn't accept clicks from.",
    "paid_traffic": "It came from a paid ad, which the campaign doesn't allow.",
}


@dataclass(frozen=True, slots=True)
class Consideration:
    """What became of one click, as a stable code and a sentence."""

    click_id: UUID
    partner_id: UUID
    campaign_id: UUID
    clicked_at: datetime
    outcome: str
    sentence: str


def consideration(touch: Touch, outcome: str, sentence: str) -> Consideration:
    return Consideration(
        click_id=touch.click_id,
        partner_id=touch.partner_id,
        campaign_id=touch.campaign_id,
        clicked_at=touch.ts,
        outcome=outcome,
        sentence=sentence,
    )


def exclusion(event: Event, touch: Touch) -> Consideration | None:
    """The first reason why this click can't earn from this event, if there is one."""
    if touch.counted:
        return None
    if touch.flag not in HARMLESS_FLAGS:
        sentence = FLAGS.get(touch.flag or "", f"The click is flagged as {touch.flag}.")
        return consideration(touch, f"flagged_{touch.flag}", sentence)
    if touch.partner_revoked:
        sentence = "The partner was revoked when the event arrived."
        return consideration(touch, "partner_revoked", sentence)
    if touch.ts > event.ts:
        sentence = "The click came after the event, so it can't have led to it."
        return consideration(touch, "after_event", sentence)
    age = event.ts - touch.ts
    if age > timedelta(days=touch.window_days):
        came, counts = _span(age), _days(touch.window_days)
        sentence = f"The click came {came} before the event; its campaign counts {counts}."
        return consideration(touch, "outside_window", sentence)
    return None


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _span(age: timedelta) -> str:
    """Days, and the rest of the day too: 60 days and a second are outside a window of 60 days."""
    rest = age - timedelta(days=age.days)
    return f"{_days(age.days)} and {rest} hours" if rest else _days(age.days)
