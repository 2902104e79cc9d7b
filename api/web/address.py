"""Takes the workspace out of an address, so that routes are written once: /api/t/<slug>/x is /api/x."""

from re import compile as pattern

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIXED = pattern(r"^(/api)?/t/([A-Za-z0-9-]{1,64})(/.*)?$")


class TenantAddress:
    """Accepts `/api/t/<slug>/…`, the canonical form, and `/t/<slug>/api/…`, which older clients use."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (match := PREFIXED.match(scope["path"])):
            rest = match.group(3) or ""
            path = rest if rest.startswith("/api/") else f"{match.group(1) or ''}{rest}"
            scope = {
                **scope,
                "tenant_slug": match.group(2).lower(),
                "path": path or "/",
                "raw_path": (path or "/").encode(),
            }
        await self.app(scope, receive, send)
