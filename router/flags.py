"""Why a click doesn't count: decided from memory alone, written with the click, never dropping it."""

from collections.abc import Mapping
from typing import NamedTuple

from router.bots import is_bot
from router.counters import Recent, SlidingWindow
from router.directory import Link
from shared.visit_rules import Rules, is_banned, referrer_host

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


class Visit(NamedTuple):
    """What rules are told of a visit.

    `address` is the hashed one, `cref` the one a returning visitor brought in a cookie, `network`
    the name of a data center, `ad` what an ad network added to the address.
    """

    address: str | None
    agent: str
    cref: str | None
    prefetch: bool
    network: str | None
    referer: str
    ad: str | None
    now: float


class Judged(NamedTuple):
    """The flag, and which rules fit besides it, because they are off or come later in the order.

    Not among `also` are velocity and duplicate: the clicks themselves tell, whenever it is asked.
    """

    flag: str | None
    also: tuple[str, ...] = ()


class Flags:
    """The rules in their order; the first that fits and is switched on is the click's flag.

    The order is revoked, bot, prefetch, datacenter, banned_referrer, paid_traffic, velocity,
    duplicate. What one of the first six flags is no visit to be a duplicate of.
    """

    def __init__(self, velocity_max: int, velocity_seconds: float) -> None:
        self._velocity = SlidingWindow(velocity_max, velocity_seconds)
        self._visits = Recent()

    def of(self, link: Link, rules: Rules, visit: Visit) -> Judged:
        """Whatever the answer, the visit is remembered for those that follow."""
        now, address = visit.now, visit.address
        fast = address is not None and self._velocity.exceeded(
            (link.id, address), now, rules.velocity_max, rules.velocity_seconds
        )
        fits = _kinds(link, rules, visit)
        flag = _first_on(fits, rules)
        if flag is None:
            # Only now: the person who follows a crawler or a prefetch is the first, no duplicate.
            seconds = rules.duplicate_seconds
            repeated = address is not None and self._visits.seen(
                (link.id, address, visit.agent), now, seconds
            )
            if visit.cref is not None and self._visits.seen((link.id, visit.cref), now, seconds):
                repeated = True
            if fast or repeated:
                flag = _first_on(["velocity"] * fast + ["duplicate"] * repeated, rules)
        return Judged(flag, tuple(name for name in fits if name != flag) if fits else ())

    def issued(self, link: Link, cref: str, now: float) -> None:
        """Remember which cref this visitor leaves with, to know them when they come again."""
        self._visits.put((link.id, cref), now)


def _first_on(names: list[str], rules: Rules) -> str | None:
    for name in names:
        if name not in rules.off:
            return name
    return None


def _kinds(link: Link, rules: Rules, visit: Visit) -> list[str]:
    """The rules that need no memory of other visits."""
    fits = []
    if link.partner.revoked:
        fits.append("revoked")
    if is_bot(visit.agent):
        fits.append("bot")
    if visit.prefetch:
        fits.append("prefetch")
    if visit.network is not None:
        fits.append("datacenter")
    if rules.banned_hosts and visit.referer:
        host = referrer_host(visit.referer)
        if host is not None and is_banned(host, rules.banned_hosts):
            fits.append("banned_referrer")
    if visit.ad is not None and not link.campaign.paid_ads and visit.ad in rules.ad_parameters:
        fits.append("paid_traffic")
    return fits
