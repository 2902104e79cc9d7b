"""Refuses bodies that are too large, before and while they are read, in the shape of our errors."""

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooLarge
from api.web.problems import answer


class BodyLimit:
    """The framework's limit counts well, but says so in plain text."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = RequestBodyLimitMiddleware(app, max_body_size=most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def translated(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and is_plain_refusal(message):
                refused = True
                await answer(TooLarge())(scope, receive, send)
            elif not refused:
                await send(message)

        await self.app(scope, receive, translated)


def is_plain_refusal(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return bool(start["status"] == TooLarge.status and kind.startswith("text/plain"))
