"""A file that is written while it is read, so that its size doesn't matter."""

from collections.abc import AsyncGenerator

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Download(StreamingResponse):
    """Begins only when there is something to send, so that what fails at the start is still an error.

    By then the request's own transaction is over: the parts bring what they need, and give it back
    also when the reader goes away.
    """

    def __init__(self, parts: AsyncGenerator[str, None], *, filename: str, media_type: str) -> None:
        self.parts = parts
        super().__init__(
            parts,
            media_type=media_type,
            headers={"content-disposition": f'attachment; filename="{filename}"'},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self.body_iterator = _after(await anext(self.parts, ""), self.parts)
            await super().__call__(scope, receive, send)
        finally:
            await self.parts.aclose()


async def _after(first: str, rest: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    yield first
    async for part in rest:
        yield part
