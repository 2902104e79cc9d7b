"""Which of the network's addresses creators reach through us: plain paths, matched as a whole."""

import re

# No dot stands alone, no slash hides in an escape: what was matched is what is sent.
PLAIN = re.compile(r"(?:[A-Za-z0-9_~@-][A-Za-z0-9_.~@-]*/)*[A-Za-z0-9_~@-][A-Za-z0-9_.~@-]*")
LONGEST = 300
READ, MAKE, CHANGE, END = "GET", "POST", "PATCH", "DELETE"

EXACT: dict[str, set[str]] = {
    "creators/signup": {MAKE},
    "creators/signin": {MAKE},
    "creators/verify": {MAKE},
    "creators/signout": {MAKE},
    "creators/whoami": {READ},
    "creators/me": {READ, CHANGE, END},
    "creators/me/affiliations": {READ},
    "creators/me/requests": {READ},
    "creators/me/recommendations": {READ},
    "creators/me/partnerships": {READ},
    "creators/me/domains": {READ, MAKE},
    "creators/me/export": {READ},
    "creators/me/restore": {MAKE},
    "offerings": {READ},
}
BELOW: dict[str, set[str]] = {
    "offerings/": {READ, MAKE},
    "vendors/": {READ},
    "invitations/": {READ, MAKE},
    "creators/me/affiliations/": {READ},
    "creators/me/requests/": {MAKE},
    "creators/me/partnerships/": {CHANGE},
    "creators/me/domains/": {MAKE, END},
}
# A brand's own, and the operator's: what stands behind `vendors/` is one id, and none of these.
VENDOR = re.compile(r"vendors/(?!me$|signup$|register$|verify-|backfill-|admin)[A-Za-z0-9_-]+")


def is_open(method: str, path: str) -> bool:
    """Whether creators may ask for this. `path` is decoded once, and has no leading slash."""
    if len(path) > LONGEST or not PLAIN.fullmatch(path) or ".." in path:
        return False
    if path.startswith("vendors/") and not VENDOR.fullmatch(path):
        return False
    if method in EXACT.get(path, ()):
        return True
    return any(path.startswith(prefix) and method in open_to for prefix, open_to in BELOW.items())
