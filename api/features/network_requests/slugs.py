"""Keys for a creator's link: as they wished, or as near to it as is free."""

import re
from collections.abc import Iterator
from secrets import token_hex

LONGEST = 64
SHORTEST = 3
OTHERS = 8


def keys(preferred: str | None, handle: str | None, name: str | None) -> Iterator[str]:
    """A few to try, in order; the last ones can hardly be taken."""
    wished = [slug for text in (preferred, handle, name) if (slug := _slug(text))]
    yield from dict.fromkeys(wished)
    stem = wished[0] if wished else "creator"
    for number in range(2, 2 + OTHERS):
        yield f"{stem[: LONGEST - 4]}-{number}"
    for _ in range(OTHERS):
        yield f"{stem[: LONGEST - 9]}-{token_hex(4)}"


def _slug(text: str | None) -> str | None:
    """What a link key may hold of it."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "-", text or "").strip("-")[:LONGEST]
    return found if len(found) >= SHORTEST else None
