"""Why a click doesn't count: decided from memory alone, written with the click, never dropping it."""

from collections.abc import Mapping

from router.bots import is_bot
from router.counters import Recent, SlidingWindow
from router.directory import Link

DUPLICATE_SECONDS = 10
"""A second look at the same link this soon is a reload, a double tap, or a loop; not a new visit."""

PREFETCH_HEADERS = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
PREFETCH_VALUES = (b"prefetch", b"prerender", b"preview")


def is_prefetch(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """A browser that looks ahead, or anybody who only asks for the headers: no visitor saw it."""
    if method == "HEAD":
        return True
    for name in PREFETCH_HEADERS:
        value = headers.get(name)
        if value is not None and any(word in value.lower() for word in PREFETCH_VALUES):
            return True
    return False


class Flags:
    """The rules in their order: revoked, bot, prefetch, velocity, duplicate. The first that fits."""

    def __init__(self, velocity_max: int, velocity_seconds: float) -> None:
        self._velocity = SlidingWindow(velocity_max, velocity_seconds)
        self._visits = Recent(DUPLICATE_SECONDS)

    def of(
        self,
        link: Link,
        *,
        address: str | None,
        agent: str,
        cref: str | None,
        prefetch: bool,
        now: float,
    ) -> str | None:
        """`address` is the hashed one, `cref` the one a returning visitor brought in a cookie."""
        fast = address is not None and self._velocity.exceeded((link.id, address), now)
        if link.partner.revoked:
            return "revoked"
        if is_bot(agent):
            return "bot"
        if prefetch:
            # Not a visit, so the visitor who follows within seconds is the first, not a duplicate.
            return "prefetch"
        repeated = address is not None and self._visits.seen((link.id, address, agent), now)
        if cref is not None and self._visits.seen((link.id, cref), now):
            repeated = True
        return "velocity" if fast else "duplicate" if repeated else None

    def issued(self, link: Link, cref: str, now: float) -> None:
        """Remember which cref this visitor leaves with, to know them when they come again."""
        self._visits.seen((link.id, cref), now)
