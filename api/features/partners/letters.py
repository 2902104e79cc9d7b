"""What we write to partners: pure text, no session and no clock."""

from api.outside.mail import Letter

REVOKED = """Hello {name},

your partnership with {program} has ended. You can no longer sign in, and new sales are no longer
credited to you. Links that you have shared go on working for your visitors. What you earned before
is still settled with you.
"""
REASON = "\nThe reason given:\n\n{reason}\n"


def revocation_notice(email: str, name: str, program: str, reason: str | None) -> Letter:
    """To a partner who was shut out."""
    text = REVOKED.format(name=_one_line(name), program=_one_line(program))
    if reason:
        text += REASON.format(reason=reason)
    return Letter(
        email, f"Your partnership with {_one_line(program)} has ended", text, "partner_revoked"
    )


def _one_line(text: str) -> str:
    # Free text, folded to one line, can't add headers or fake paragraphs.
    return " ".join(text.split())
