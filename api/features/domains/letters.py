"""What we write when a brand's domain stops working: pure text, no session and no clock."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def lost(look: Look, host: str, email: str) -> Letter:
    """To one of the brand's admins."""
    words = Words(
        subject=f"{host} is no longer yours here",
        tag="domain_lost",
        name=None,
        before=(
            (
                f"For three days the DNS has not said any more that {host} belongs to {look.program},"
                " so it shows nothing of yours now. Your addresses with us work as before."
            ),
            "If that was not meant, put the records back and verify the domain once more.",
        ),
    )
    return write(look, email, words)
