"""What we write to people who sign in or are invited: pure text, no session and no clock."""

from api.features.sign_in.queries import Person
from api.outside.mail import Letter

# The link's lifetime in words; links.py holds the figure.
MINUTES = "10 minutes"

SIGN_IN = """Hello {name},

open this link to sign in to {program}:

{address}

It works once, within {minutes}, and a newer link replaces it. If you did not ask for it, ignore
this mail: nobody is signed in until the link is opened and confirmed.
"""
INVITATION = """Hello {name},

{reason}

Accept the invitation here:

{address}

The link works once, within {minutes}. If it has run out, ask whoever runs {program} to send you
another; a newer link replaces this one.
"""
SET_UP = """Hello {name},

{program} is set up, and you run it. Open this link to sign in for the first time:

{address}

It works once, within {minutes}. If it has run out before you came, set up once more.
"""
REASONS = {
    "partner": "you are invited to become a partner of {program}: share links, and earn a commission"
    " on what they bring.",
    "admin": "you are invited to run the partner program of {program}.",
}


def sign_in_letter(person: Person, program: str, address: str) -> Letter:
    """To somebody who asked to sign in."""
    return _letter(person, f"Sign in to {program}", SIGN_IN, program, address, "sign_in")


def invitation(person: Person, program: str, address: str) -> Letter:
    """To somebody whom an admin invited."""
    subject = {
        "partner": f"You are invited to be a partner of {program}",
        "admin": f"You are invited to run {program}",
    }[person.kind]
    return _letter(person, subject, INVITATION, program, address, f"{person.kind}_invite")


def set_up_letter(person: Person, program: str, address: str) -> Letter:
    """To the first admin of an installation."""
    return _letter(person, f"Your first sign-in to {program}", SET_UP, program, address, "set_up")


def _letter(
    person: Person, subject: str, body: str, program: str, address: str, tag: str
) -> Letter:
    # A program's name is free text: folded to one line, it can't add headers or fake paragraphs.
    name, program = _one_line(person.name), _one_line(program)
    reason = REASONS[person.kind].format(program=program)
    text = body.format(name=name, program=program, address=address, minutes=MINUTES, reason=reason)
    return Letter(person.email, _one_line(subject), text, tag)


def _one_line(text: str) -> str:
    return " ".join(text.split())
