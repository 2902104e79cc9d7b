"""What people read when a campaign is about to end: pure text, no session and no clock."""

from datetime import datetime

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def ending_for_admins(look: Look, email: str, name: str, campaign: str, ends: datetime) -> Letter:
    """To those who run the program."""
    words = Words(
        subject=f"{campaign} ends on {_day(ends)}",
        tag="campaign_ending",
        name=name,
        before=(
            f"The campaign {campaign} of {look.program} ends on {_moment(ends)}.",
            (
                "From then on its links still lead to your page, but clicks on them no longer count."
                " To let it go on, give it a later end."
            ),
            "Partners who share links of it are told today, too.",
        ),
    )
    return write(look, email, words)


def ending_for_partners(look: Look, email: str, name: str, campaign: str, ends: datetime) -> Letter:
    """To those who share links of it."""
    words = Words(
        subject=f"{campaign} of {look.program} ends on {_day(ends)}",
        tag="campaign_ending",
        name=name,
        before=(
            (
                f"The campaign {campaign} of {look.program}, of which you share links, ends on"
                f" {_moment(ends)}."
            ),
            (
                "Your links go on working for your visitors, but clicks after that day earn no"
                " commission. What you have earned stays yours."
            ),
        ),
    )
    return write(look, email, words)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} at {moment:%H:%M} UTC"
