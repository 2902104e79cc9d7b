"""What we write to people who sign in above any workspace: pure text, no session and no clock."""

from api.access.platform import Kind
from api.features.letters.for_others import Button, Look, Words, write
from api.outside.mail import Letter

WHERE: dict[Kind, str] = {
    "person": "to see the programs that you run",
    "operator": "to the operators' console",
}


def sign_in_letter(kind: Kind, email: str, address: str) -> Letter:
    """To somebody who asked to sign in."""
    words = Words(
        subject="Sign in to OpenPartner",
        tag=f"platform_{kind}",
        name=None,
        before=(f"Open this link to sign in {WHERE[kind]}:",),
        button=Button("Sign in", address),
        after=(
            (
                "It works once, within 10 minutes, and a newer link replaces it. If you did not ask"
                " for it, ignore this mail: nobody is signed in until the link is opened and confirmed."
            ),
        ),
    )
    return write(Look("OpenPartner"), email, words)
