"""The few things that the router says in words: small pages without scripts, styles or templates."""

from html import escape

from starlette.responses import Response

_FIXED = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def page(status: int, title: str, sentence: str, **headers: str) -> Response:
    """An answer made once and given to everybody."""
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p></html>\n"
    )
    return Response(body, status, _FIXED | headers, "text/html")


def rate_limited(seconds: int) -> Response:
    """For an address that follows links faster than people do."""
    headers = _FIXED | {"retry-after": str(seconds)}
    return Response("Rate limited", 429, headers, "text/plain")


def unavailable(seconds: int) -> Response:
    """For a link that may well exist, while nobody can be asked."""
    return page(
        503,
        "Please try again",
        "This link can't be looked up right now. Please try again in a moment.",
        **{"retry-after": str(seconds)},
    )


NOT_FOUND = page(404, "Link not found", "This link does not exist. Ask whoever shared it with you.")
NOT_ALLOWED = page(405, "Method not allowed", "Links are followed with GET.", allow="GET, HEAD")
TOO_LARGE = page(413, "Too large", "Following a link needs no body.", connection="close")
BROKEN = page(500, "Something went wrong", "Please try again in a moment.")
