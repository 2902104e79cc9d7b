"""The creator network's coordinator, called within a set time: an answer, a refusal, or nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from api.outside.destinations import DestinationRefused
from api.outside.http import Answer, NoAnswer, OutboundClient

AGENT = "OpenPartner-Vendor/1"
ACTING = "x-act-as-vendor-partner"
LARGEST = 1024 * 1024
PUSH_SECONDS = 5.0
PAGE_SECONDS = 10.0
SIGNUP_SECONDS = 20.0
LONGEST_REASON = 300
NUL = b"\\u0000"

Json = dict[str, Any]


class NetworkDown(Exception):
    """The coordinator didn't answer, or with nothing that it may say; the message says which."""


class NetworkRefused(Exception):
    """The coordinator said no."""

    def __init__(self, status: int, code: str, sentence: str, retry_after: float | None) -> None:
        super().__init__(f"HTTP {status} {code}".strip())
        self.status = status
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after


def below(*parts: str | UUID) -> str:
    """`/a/b/c`, with whatever somebody put into a part staying within it."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Speaks the protocol of docs/guides/network.md; `bearer` is whose word it is."""

    outbound: OutboundClient
    base_url: str
    bearer: str | None = field(default=None, repr=False)

    async def ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        acting_for: UUID | None = None,
        once: str | None = None,
        seconds: float = PAGE_SECONDS,
    ) -> Json:
        """The object it answers with, empty for 204. Raises NetworkDown or NetworkRefused."""
        headers = {"user-agent": AGENT, "accept": "application/json"}
        if self.bearer is not None:
            headers["authorization"] = f"Bearer {self.bearer}"
        if acting_for is not None:
            headers[ACTING] = str(acting_for)
        if once is not None:
            headers["idempotency-key"] = once
        content = b""
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body, separators=(",", ":")).encode()
        asked = f"{path}?{urlencode(query)}" if query else path
        return read(await self.send(method, asked, headers, content, seconds))

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answer:
        """Whatever comes back within the time and the size. Raises NetworkDown."""
        try:
            answer = await self.outbound.send(
                method, self.base_url + path, headers, content, seconds, kept=LARGEST
            )
        except DestinationRefused as problem:
            raise NetworkDown("the network's address is not allowed") from problem
        except NoAnswer as problem:
            raise NetworkDown(str(problem)[:LONGEST_REASON]) from problem
        if not answer.is_whole:
            raise NetworkDown(f"an answer of more than {LARGEST} bytes")
        return answer


def read(answer: Answer) -> Json:
    """Raises NetworkRefused for a 4xx, and NetworkDown for what no coordinator should say."""
    if answer.status == 204:  # noqa: PLR2004  # No Content
        return {}
    said = _object(answer.body)
    if 400 <= answer.status < 500:  # noqa: PLR2004  # the family that says no
        code, sentence = (said or {}).get("error"), (said or {}).get("detail")
        raise NetworkRefused(
            answer.status,
            code[:64] if isinstance(code, str) else "",
            sentence[:LONGEST_REASON] if isinstance(sentence, str) else "",
            answer.retry_after,
        )
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the family that says yes
        raise NetworkDown(f"HTTP {answer.status}")
    if said is None:
        raise NetworkDown("an answer that is no JSON object")
    return said


def _object(body: bytes) -> Json | None:
    try:
        # What we can't store or show, such as NUL or lone surrogates, is no answer either.
        said = json.loads(body)
        plain = json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and NUL not in plain else None
