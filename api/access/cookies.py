"""The session cookie, and what keeps other sites from using it."""

from hashlib import sha256
from hmac import compare_digest
from urllib.parse import urlsplit

from fastapi import Request, Response

from api.errors import Forbidden
from api.settings import Settings
from api.web.client import host_of_request

LIFETIME_SECONDS = 30 * 24 * 3600
NAME = "op_session"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class CrossSite(Forbidden, code="csrf_failed"):
    """This came from another site: send an Origin of ours, or the session's X-CSRF-Token."""


def host_cookie(settings: Settings, name: str) -> str:
    """`__Host-` makes browsers refuse the cookie from a sub-domain or over plain HTTP."""
    return f"__Host-{name}" if settings.is_https else name


def cookie_name(settings: Settings) -> str:
    """The session's of a workspace."""
    return host_cookie(settings, NAME)


def session_cookie(request: Request) -> str | None:
    """The session's token, if the browser sent one."""
    return request.cookies.get(cookie_name(request.state.settings))


def set_session(response: Response, settings: Settings, plaintext: str) -> None:
    """Sign this browser in for 30 days."""
    write_cookie(response, settings, NAME, plaintext, LIFETIME_SECONDS)


def clear_session(response: Response, settings: Settings) -> None:
    """Browsers drop a cookie only when every attribute is repeated."""
    write_cookie(response, settings, NAME, "", 0)


def write_cookie(
    response: Response, settings: Settings, name: str, value: str, max_age: int
) -> None:
    """For this host alone, out of scripts' and other sites' reach; `max_age` is in seconds."""
    response.set_cookie(
        host_cookie(settings, name),
        value,
        max_age=max_age,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def csrf_token(session_token: str) -> str:
    """What a client without an Origin header proves itself with; tells nothing of the session."""
    return sha256(b"csrf:" + session_token.encode()).hexdigest()[:32]


def refuse_foreign_origin(request: Request) -> None:
    """For what needs no session, such as signing in: a page of another site may not do it for us.

    Browsers name the origin of every POST; programs, which are nobody's victims, need not.
    """
    origin = request.headers.get("origin")
    settings: Settings = request.state.settings
    if origin is None or origin in settings.origins:
        return
    if urlsplit(origin).netloc != host_of_request(request):
        raise CrossSite


def _is_brands_own(request: Request, origin: str | None) -> bool:
    """Whether the page stands on the brand's own domain, at which this very request was sent."""
    return origin is not None and origin == getattr(request.state, "own_origin", None)


def refuse_other_sites(request: Request, session_token: str) -> None:
    """Raises unless this state-changing request came from a page of ours or knows the token."""
    if request.method in SAFE_METHODS:
        return
    settings: Settings = request.state.settings
    origin = request.headers.get("origin")
    if origin in settings.origins or _is_brands_own(request, origin):
        return
    given = request.headers.get("x-csrf-token", "")
    if not compare_digest(given.encode(), csrf_token(session_token).encode()):
        raise CrossSite
