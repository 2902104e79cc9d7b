"""Mail by Postmark's HTTP interface."""

import asyncio
import json
from dataclasses import dataclass, field

import httpx2

from api.outside.mail import Letter, MailFailed, MailRefused

ADDRESS = "https://api.postmarkapp.com/email"
TOTAL_SECONDS = 20
LARGEST_ANSWER = 64 * 1024
# What Postmark calls an address that bounced, or whose owner complained.
INACTIVE_RECIPIENT = 406


@dataclass(frozen=True, slots=True)
class PostmarkMailer:
    """`address` is another one only in tests."""

    sender: str
    server_token: str = field(repr=False)
    message_stream: str = "outbound"
    address: str = ADDRESS

    async def send(self, letter: Letter) -> None:
        try:
            # The client's own time-outs are per read; a dripping answer would outlive them.
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._post(letter)
        except TimeoutError as problem:
            raise MailFailed("Postmark took too long to answer") from problem
        except httpx2.HTTPError as problem:
            raise MailFailed(f"Postmark: {problem}"[:300]) from problem

    async def _post(self, letter: Letter) -> None:
        body = {
            "From": self.sender,
            "To": letter.to,
            "Subject": letter.subject,
            "TextBody": letter.text,
            "Tag": letter.tag,
            "MessageStream": self.message_stream,
        }
        if letter.html is not None:
            body["HtmlBody"] = letter.html
        headers = {
            "X-Postmark-Server-Token": self.server_token,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        async with (
            httpx2.AsyncClient(timeout=10, follow_redirects=False) as client,
            client.stream("POST", self.address, json=body, headers=headers) as response,
        ):
            answer = b""
            async for piece in response.aiter_bytes():
                answer += piece
                if len(answer) > LARGEST_ANSWER:
                    break
        code = _error_code(answer)
        if response.status_code != httpx2.codes.OK or code != 0:
            said = answer.decode(errors="replace")[:200].replace("\x00", "")
            family = MailRefused if code == INACTIVE_RECIPIENT else MailFailed
            raise family(f"Postmark answered {response.status_code}: {said}")


def _error_code(answer: bytes) -> int | None:
    """0 where the letter was taken; None where this is no answer of Postmark's."""
    try:
        told = json.loads(answer)
    except ValueError:
        return None
    code = told.get("ErrorCode") if isinstance(told, dict) else None
    return code if isinstance(code, int) else None
