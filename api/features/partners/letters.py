"""What we write to partners: pure text, no session and no clock."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def application_letter(look: Look, email: str, name: str) -> Letter:
    """To somebody who signed up by themselves, where an admin decides."""
    words = Words(
        subject=f"You asked to become a partner of {look.program}",
        tag="partner_applied",
        name=name,
        before=(
            (
                f"You asked to become a partner of {look.program}. Somebody there will look at it; once"
                " you are let in, you get a mail to sign in with."
            ),
        ),
        after=("If it wasn't you who asked, there is nothing to do.",),
    )
    return write(look, email, words)


def revocation_notice(look: Look, email: str, name: str, reason: str | None) -> Letter:
    """To a partner who was shut out."""
    words = Words(
        subject=f"Your partnership with {look.program} has ended",
        tag="partner_revoked",
        name=name,
        before=(
            (
                f"Your partnership with {look.program} has ended. You can no longer sign in, and new"
                " sales are no longer credited to you."
            ),
            (
                "Links that you have shared go on working for your visitors. What you earned before is"
                " still settled with you."
            ),
        ),
        quoted="The reason given:",
        quote=reason,
    )
    return write(look, email, words)
