"""What we write to people who sign in or are invited: pure text, no session and no clock."""

from api.features.letters.for_others import Button, Look, Words, write
from api.features.sign_in.queries import Person
from api.outside.mail import Letter

# The link's lifetime in words; links.py holds the figure.
MINUTES = "10 minutes"

INVITED = {
    "partner": "You are invited to become a partner of {program}: share links, and earn a commission"
    " on what they bring.",
    "admin": "You are invited to run the partner program of {program}.",
}
SUBJECTS = {
    "partner": "You are invited to be a partner of {program}",
    "admin": "You are invited to run {program}",
}


def sign_in_letter(look: Look, person: Person, address: str) -> Letter:
    """To somebody who asked to sign in."""
    words = Words(
        subject=f"Sign in to {look.program}",
        tag="sign_in",
        name=person.name,
        before=(f"Open this link to sign in to {look.program}:",),
        button=Button("Sign in", address),
        after=(
            (
                f"It works once, within {MINUTES}, and a newer link replaces it. If you did not ask for"
                " it, ignore this mail: nobody is signed in until the link is opened and confirmed."
            ),
        ),
    )
    return write(look, person.email, words)


def invitation(look: Look, person: Person, address: str) -> Letter:
    """To somebody whom an admin invited."""
    words = Words(
        subject=SUBJECTS[person.kind].format(program=look.program),
        tag=f"{person.kind}_invite",
        name=person.name,
        before=(INVITED[person.kind].format(program=look.program), "Accept the invitation here:"),
        button=Button("Accept the invitation", address),
        after=(
            (
                f"The link works once, within {MINUTES}. If it has run out, ask whoever runs"
                f" {look.program} to send you another; a newer link replaces this one."
            ),
        ),
    )
    return write(look, person.email, words)


def set_up_letter(look: Look, person: Person, address: str) -> Letter:
    """To the first admin of an installation."""
    words = Words(
        subject=f"Your first sign-in to {look.program}",
        tag="set_up",
        name=person.name,
        before=(
            (
                f"{look.program} is set up, and you run it. Open this link to sign in for the first"
                " time:"
            ),
        ),
        button=Button("Sign in", address),
        after=(
            f"It works once, within {MINUTES}. If it has run out before you came, set up once more.",
        ),
    )
    return write(look, person.email, words)
