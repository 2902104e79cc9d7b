"""What admins read when the network could not be told something for a day."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def not_told(look: Look, to: str, error: str) -> Letter:
    """Some push is dead, and waits for somebody."""
    words = Words(
        subject=f"The network does not hear {look.program}",
        tag="network-push-dead",
        name=None,
        before=(
            f"We have tried to tell the creator network something, and gave up: {error}.",
            (
                "Partners, links and commissions go on as always. Under Network you see what it has"
                " not heard, and can have it told again."
            ),
        ),
    )
    return write(look, to, words)
