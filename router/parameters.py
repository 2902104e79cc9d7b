"""What stands behind the question mark: campaign tags, ad networks, consent, and what goes along."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_plus

from shared.visit_rules import AD_PARAMETERS
from shared.visitor import PARAMETER

CONSENT = "consent"
UTM = frozenset(("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"))
VALUE_MAX = 255
"""Characters of a campaign tag that are kept."""

PARTS_MAX = 100
PASSED_BYTES = 2048
"""Longer addresses are cut at whole parameters: browsers and shops take no endless ones."""

_KEPT = "".join(map(chr, range(0x21, 0x7F)))
_AD = frozenset(AD_PARAMETERS)
_YES = frozenset(("1", "true", "yes", "granted", "all"))
_NO = frozenset(("0", "false", "no", "denied", "none"))
# What ends a line or a query in some reader's eyes, were it not encoded; percent signs stay.
_UNSAFE = re.compile(r'[#"<>\\^`{|}]')


class Parameter(NamedTuple):
    """One part of a query: its name as servers read it, and the part as it came."""

    name: str
    part: str


NONE: tuple[Parameter, ...] = ()


def read(query: bytes) -> tuple[Parameter, ...]:
    """The parts of a query, in their order; names are decoded once, so that none hides in an escape."""
    if not query:
        return NONE
    parts = query.decode("utf-8", "replace").split("&")[:PARTS_MAX]
    return tuple(Parameter(unquote_plus(part.partition("=")[0]), part) for part in parts if part)


def utm_of(parameters: tuple[Parameter, ...]) -> dict[str, str] | None:
    """The campaign tags by their names, the first of each; None where there are none."""
    found: dict[str, str] = {}
    for name, part in parameters:
        if name in UTM and name not in found:
            value = unquote_plus(part.partition("=")[2], errors="replace")
            found[name] = value.replace("\x00", "")[:VALUE_MAX]
    return found or None


def ad_of(parameters: tuple[Parameter, ...]) -> str | None:
    """The first parameter that an ad network adds."""
    return next((name for name, _ in parameters if name in _AD), None)


def consent_of(parameters: tuple[Parameter, ...]) -> bool | None:
    """What the address says about consent; None where it says nothing that we understand."""
    for name, part in parameters:
        if name == CONSENT:
            value = unquote_plus(part.partition("=")[2]).lower()
            return True if value in _YES else False if value in _NO else None
    return None


def passed_on(parameters: tuple[Parameter, ...], mode: str, before: str) -> str:
    """What the visitor's query adds to a destination whose first half is `before`: "&a=b&c=d" or "".

    Never a name that the destination has already, nor ours. What comes out is printable ASCII.
    """
    if mode == "none" or not parameters:
        return ""
    taken = {unquote_plus(part.partition("=")[0]) for part in before.partition("?")[2].split("&")}
    taken |= {PARAMETER, CONSENT}
    added, size = [], 0
    for name, part in parameters:
        if name in taken or (mode == "utm" and name not in UTM):
            continue
        safe = "&" + quote(_UNSAFE.sub(lambda found: quote(found[0], safe=""), part), safe=_KEPT)
        size += len(safe)
        if size > PASSED_BYTES:
            break
        added.append(safe)
    return "".join(added)
