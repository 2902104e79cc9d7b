"""What we write to a brand's admins about a decision: pure text, no session and no clock."""

from api.features.letters.for_others import Look, Words, write
from api.outside.mail import Letter

SAID = {
    "approve": (
        "{brand} is approved",
        "{brand} has been approved: you can let partners in from now on.",
    ),
    "reject": (
        "{brand} was not approved",
        "The operators of this installation have rejected {brand}. Its links no longer lead anywhere.",
    ),
    "suspend": (
        "{brand} is suspended",
        (
            "The operators of this installation have suspended {brand}. Your links still lead where"
            " they did, and you can sign in, pay and export your data; nothing else is open."
        ),
    ),
    "reinstate": (
        "{brand} is open again",
        "The operators of this installation have reinstated {brand}: everything is as it was.",
    ),
    "block": (
        "A campaign of {brand} is blocked",
        "The operators of this installation have blocked a campaign of {brand}: its links lead nowhere.",
    ),
}


def decision(kind: str, brand: str, email: str, reason: str | None) -> Letter:
    """To one of the brand's admins."""
    subject, sentence = SAID[kind]
    words = Words(
        subject=subject.format(brand=brand),
        tag=f"brand_{kind}",
        name=None,
        before=(sentence.format(brand=brand),),
        quoted="The reason they gave" if reason else None,
        quote=reason,
    )
    return write(Look("OpenPartner"), email, words)
