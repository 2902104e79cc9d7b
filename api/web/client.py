"""The address that a request really comes from."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Scope

from shared.proxies import TrustedProxies


def address_in(scope: Scope, proxies: TrustedProxies) -> str:
    """The peer, or what a proxy of ours says of it; never what the client claims."""
    peer = scope["client"][0] if scope.get("client") else ""
    return proxies.client_address(peer, Headers(scope=scope).getlist("x-forwarded-for"))


def client_address(request: Request) -> str:
    """The same, for a route."""
    return address_in(request.scope, request.state.proxies)


def host_of_request(request: Request) -> str:
    """The host that was asked for; a proxy of ours may say so where it calls us by another name."""
    peer = request.client.host if request.client else ""
    headers = request.headers
    proxies: TrustedProxies = request.state.proxies
    forwarded = headers.get("x-forwarded-host")
    if forwarded and proxies.trusts(peer):
        # The last entry was written by whoever is nearest to us.
        return forwarded.rpartition(",")[2].strip()
    return headers.get("host", "")
