"""Whether a visitor may be remembered: the campaign's rule, and what address and browser say."""

from collections.abc import Mapping

from router.parameters import Parameter, consent_of


def may_remember(
    mode: str, headers: Mapping[bytes, bytes], parameters: tuple[Parameter, ...]
) -> bool:
    """Whether cookie, address hash, user agent and referrer may be kept.

    `always`: yes. `opt_out`: unless the browser sends Sec-GPC or DNT. `opt_in`: only where the
    address says consent=1. `never`: no. A consent in the address is about this very visit, so it
    comes before what a browser says to every site; consent=0 is heeded in every mode.
    """
    said = consent_of(parameters) if parameters else None
    if mode == "never" or said is False:
        return False
    if mode == "always" or said:
        return True
    if mode == "opt_in":
        return False
    return headers.get(b"sec-gpc", b"").strip() != b"1" and headers.get(b"dnt", b"").strip() != b"1"
