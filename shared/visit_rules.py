"""Which visits count: the rules' versions and settings, read alike by routers and by the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

VERSIONS: Mapping[str, int] = {
    "revoked": 1,
    "bot": 1,
    "prefetch": 1,
    "datacenter": 1,
    "banned_referrer": 1,
    "paid_traffic": 1,
    "velocity": 1,
    "duplicate": 1,
    "self_referral": 1,
    "manual": 1,
}
"""Every flag with the version of the rule that gives it; raised whenever a rule decides otherwise."""

ALWAYS_ON = frozenset(("revoked", "manual"))
OFF_AT_FIRST = frozenset(("datacenter",))
"""People behind a VPN sit in data centers, too; so whoever wants this one has to say so."""

AD_PARAMETERS = (
    "gclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "msclkid", "fbclid",
    "twclid", "ttclid", "li_fat_id", "rdt_cid", "epik", "scclid", "yclid", "dclid",
)  # fmt: skip
"""What ad networks add to the address of a paid click."""

PAID_AD_PARAMETERS = frozenset(AD_PARAMETERS) - {"fbclid"}
"""Held against a click unless a tenant says otherwise; fbclid also comes with unpaid posts."""

DUPLICATE_SECONDS = 10.0
"""A second look at the same link this soon is a reload, a double tap, or a loop; not a new visit."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One tenant's settings. Where `velocity_max` or `velocity_seconds` is None, the installation's."""

    off: frozenset[str] = OFF_AT_FIRST
    velocity_max: int | None = None
    velocity_seconds: float | None = None
    duplicate_seconds: float = DUPLICATE_SECONDS
    banned_hosts: frozenset[str] = frozenset()
    ad_parameters: frozenset[str] = PAID_AD_PARAMETERS
    match_address: bool = True

    def is_on(self, rule: str) -> bool:
        return rule not in self.off


USUAL = Rules()


def read_rules(stored: Mapping[str, Any]) -> Rules:
    """The setting `fraud`, one object per rule; what isn't said is as usual, what's unknown is ignored."""

    def of(rule: str, name: str, usual: Any) -> Any:
        value = (stored.get(rule) or {}).get(name)
        return usual if value is None else value

    off = {rule for rule in VERSIONS if not of(rule, "enabled", rule not in OFF_AT_FIRST)}
    return Rules(
        off=frozenset(off - ALWAYS_ON),
        velocity_max=of("velocity", "max", None),
        velocity_seconds=of("velocity", "windowSeconds", None),
        duplicate_seconds=of("duplicate", "seconds", DUPLICATE_SECONDS),
        banned_hosts=frozenset(of("banned_referrer", "hosts", ())),
        ad_parameters=frozenset(of("paid_traffic", "parameters", PAID_AD_PARAMETERS)),
        match_address=of("self_referral", "matchAddress", True),
    )


@lru_cache(maxsize=10_000)
def referrer_host(referer: str) -> str | None:
    """The host that sent a visitor, in lower case and without a final dot."""
    try:
        host = urlsplit(referer).hostname
    except ValueError:
        return None
    return host.rstrip(".") or None if host else None


def is_banned(host: str, banned: frozenset[str]) -> bool:
    """Whether the host or a domain above it is on the list: spam.example bans www.spam.example."""
    while host:
        if host in banned:
            return True
        host = host.partition(".")[2]
    return False
