"""What a request with a body consists of, and where tests find one for each operation."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.support.brand import Brand, Json


@dataclass(frozen=True, slots=True)
class Write:
    """`body` names every field, so that each is spoiled; `accepted` is what it gets as it is.

    A few can't succeed here, such as setting up what is set up; then it says how they are refused.
    """

    path: str
    body: Json
    accepted: tuple[int, str | None] = (201, None)
    # Of whoever may, where that is nobody of the brand's.
    headers: dict[str, str] | None = None


Prepare = Callable[[Brand], Awaitable[Write]]
BODIES: dict[str, Prepare] = {}


def body_of(prepare: Prepare) -> Prepare:
    """Enters it under its operation's id."""
    BODIES[prepare.__name__] = prepare
    return prepare
