"""Which pages of other sites may call us: any for `identify`, without credentials; else only ours."""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

# A merchant's own site calls this one from visitors' browsers, on domains nobody registers with us.
OPEN_PATH = "/attribution/identify"


class Cors:
    """Two policies, chosen by the path."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        headers = [
            "authorization",
            "content-type",
            "idempotency-key",
            "x-csrf-token",
            "x-request-id",
        ]
        shown = ["x-request-id", "idempotent-replayed", "retry-after"]
        self.open = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=["POST"], allow_headers=["content-type"]
        )
        self.ours = CORSMiddleware(
            app,
            allow_origins=sorted(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=headers,
            expose_headers=shown,
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["type"] == "http" and scope["path"].endswith(OPEN_PATH)
        await (self.open if is_open else self.ours)(scope, receive, send)
