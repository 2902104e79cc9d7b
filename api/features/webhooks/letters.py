"""What admins read when an endpoint stops hearing us."""

from api.outside.mail import Letter


def endpoint_disabled(to: str, program: str, url: str, reason: str) -> Letter:
    """The endpoint was switched off."""
    return Letter(
        to,
        f"A webhook of {program} was switched off",
        f"We switched off the webhook {url} because {reason}.\n\n"
        "What happens meanwhile is not sent there. Mend the receiver, switch the endpoint on again"
        " under Webhooks, and replay what it missed.\n",
        "webhook-disabled",
    )


def delivery_failed(to: str, program: str, url: str, error: str) -> Letter:
    """The first delivery that was given up after every attempt."""
    return Letter(
        to,
        f"A webhook of {program} does not arrive",
        f"We tried ten times over three days to deliver to {url}, and gave up: {error}.\n\n"
        "Later news is still tried. The log under Webhooks shows each attempt, and lets you send"
        " again what was missed.\n",
        "webhook-failing",
    )
