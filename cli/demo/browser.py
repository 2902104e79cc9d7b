"""A person at a browser: keeps cookies, says where it comes from, and signs in by mail."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from cli.demo.mailbox import Mailbox
from cli.errors import CommandError

Json = dict[str, Any]


class Browser:
    """What isn't answered as it should ends the demo, with the answer."""

    def __init__(self, api: str, agent: str = "openpartner-demo", key: str | None = None) -> None:
        where = urlsplit(api)
        headers = {"user-agent": agent, "origin": f"{where.scheme}://{where.netloc}"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._client = httpx2.Client(base_url=f"{api}/api", headers=headers, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Json:
        return self._answer("GET", path, params=query)

    def post(self, path: str, body: Json | None = None, *, once: str = "") -> Json:
        """With `once`, a repeated request is carried out once."""
        headers = {"idempotency-key": once} if once else {}
        return self._answer("POST", path, json=body, headers=headers)

    def everything(self, path: str, noun: str, **query: Any) -> list[Json]:
        """All pages of a list."""
        found: list[Json] = []
        while True:
            page = self.get(path, **query)
            found += page[noun]
            if page["nextCursor"] is None:
                return found
            query["cursor"] = page["nextCursor"]

    def sign_in(self, email: str, mailbox: Mailbox, *, after: int) -> Json:
        """Opens the newest link in the mailbox; the cookie stays in this browser."""
        token = mailbox.next_token(email, after=after)
        self.post("/auth/magic/verify", {"token": token})
        return self.get("/auth/whoami")

    def _answer(self, method: str, path: str, **options: Any) -> Json:
        try:
            answer = self._client.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise CommandError(f"{method} {path} got no answer: {error}") from error
        if not answer.is_success:
            message = f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}"
            raise CommandError(message)
        body: Json = answer.json()
        return body
