"""Where a link may lead when it does not lead where its campaign does."""

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from shared.deep_links import is_allowed

STANDARD_PORTS = {"http": 80, "https": 443}


def may_lead(url: str, campaign_url: str, domains: Iterable[str]) -> bool:
    """An allowed host, and neither an odd port nor plain http unless the campaign itself uses it.

    The list names hosts only, so it can't vouch for whatever else listens on one of them, nor for
    a way there that others can read.
    """
    if not is_allowed(url, domains):
        return False
    wanted, usual = urlsplit(url), urlsplit(campaign_url)
    if wanted.scheme.lower() == "http" and usual.scheme.lower() == "https":
        return False
    return _port(wanted) in {STANDARD_PORTS[wanted.scheme.lower()], _port(usual)}


def _port(address: SplitResult) -> int:
    return address.port or STANDARD_PORTS[address.scheme.lower()]
