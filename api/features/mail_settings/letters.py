"""The letter that shows that mail arrives."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def test_letter(look: Look, to: str) -> Letter:
    """To whoever tries their mail settings."""
    words = Words(
        subject=f"Mail of {look.program} arrives",
        tag="test",
        name=None,
        before=(
            (
                f"This is a test. The mail settings of {look.program} work: invitations and links to"
                " sign in leave the same way."
            ),
        ),
    )
    return write(look, to, words)
