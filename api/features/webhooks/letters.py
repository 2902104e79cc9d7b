"""What admins read when an endpoint stops hearing us."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter


def endpoint_disabled(look: Look, to: str, url: str, reason: str) -> Letter:
    """The endpoint was switched off."""
    words = Words(
        subject=f"A webhook of {look.program} was switched off",
        tag="webhook-disabled",
        name=None,
        before=(
            f"We switched off the webhook {url} because {reason}.",
            (
                "What happens meanwhile is not sent there. Mend the receiver, switch the endpoint on"
                " again under Webhooks, and replay what it missed."
            ),
        ),
    )
    return write(look, to, words)


def delivery_failed(look: Look, to: str, url: str, error: str) -> Letter:
    """Nothing has arrived for three days, or a delivery was given up after every attempt."""
    words = Words(
        subject=f"A webhook of {look.program} does not arrive",
        tag="webhook-failing",
        name=None,
        before=(
            f"We have tried for three days to deliver to {url}. The last attempt failed: {error}.",
            (
                "Each delivery is tried ten times over 75 hours, and after five days of nothing but"
                " failure we switch the webhook off. The log under Webhooks shows each attempt, and"
                " lets you send again what was missed."
            ),
        ),
    )
    return write(look, to, words)
