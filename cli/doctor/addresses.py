"""Whether the addresses that we hand out lead to us, and whether cookies fit them."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx2

from cli.doctor.finding import Finding, fail, ok

AREA = "addresses"
SECONDS = 5
DEFAULTS = {"API_URL": "http://localhost:4601", "ROUTER_URL": "http://localhost:4701"}


def examine_addresses(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Asks each as a stranger would; whoever runs this must be where strangers can be."""
    for name, service in (("API_URL", "api"), ("ROUTER_URL", "router")):
        yield _ours(name, variables.get(name) or DEFAULTS[name], service)
    portal = variables.get("PORTAL_URL")
    if portal and portal != variables.get("API_URL"):
        yield _anything("PORTAL_URL", portal)


def examine_consistency(variables: Mapping[str, str]) -> Iterator[Finding]:
    """What can be told from the words alone."""
    given = {name: urlsplit(variables.get(name) or DEFAULTS[name]) for name in DEFAULTS}
    if portal := variables.get("PORTAL_URL"):
        given["PORTAL_URL"] = urlsplit(portal)
    schemes = {url.scheme for url in given.values()}
    if len(schemes) > 1:
        names = ", ".join(given)
        fix = "Serve all of them over https; cookies made for one are not sent to the other."
        yield fail(AREA, f"{names} are not of one kind: {' and '.join(sorted(schemes))}.", fix)
    host = given["ROUTER_URL"].hostname or ""
    domain = (variables.get("COOKIE_DOMAIN") or "").lstrip(".").lower()
    if domain and host != domain and not host.endswith("." + domain):
        says = (
            f"Browsers drop the click cookie: COOKIE_DOMAIN is {domain}, ROUTER_URL is on {host}."
        )
        fix = "Set COOKIE_DOMAIN to a domain that ROUTER_URL's host is in, or leave it unset."
        yield fail(AREA, says, fix)


def _ours(name: str, url: str, service: str) -> Finding:
    """Our own health check says which service it is."""
    try:
        found = _get(f"{url.rstrip('/')}/health").json().get("service")
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, AttributeError) as error:
        return _unreached(name, url, error)
    if found != service:
        fix = f"Set {name} to where the {service} is."
        return fail(AREA, f"{name} ({url}) leads to {found or 'something else'}.", fix)
    return ok(AREA, f"{name} ({url}) leads to the {service}.")


def _anything(name: str, url: str) -> Finding:
    try:
        _get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return _unreached(name, url, error)
    return ok(AREA, f"{name} ({url}) answers.")


def _get(url: str) -> httpx2.Response:
    answer = httpx2.get(url, timeout=SECONDS, follow_redirects=True)
    if answer.is_server_error:
        answer.raise_for_status()
    return answer


def _unreached(name: str, url: str, error: Exception) -> Finding:
    fix = f"Check {name}, DNS and the proxy; from here it has to answer as it does for browsers."
    reason = str(error).partition("\n")[0].rstrip(".")
    return fail(AREA, f"{name} ({url}) does not answer as ours: {reason}.", fix)
