"""Host names of brands' own, on which their links stand: whose each is, and how its addresses read."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import structlog
from starlette.types import Message, Scope, Send

log = structlog.get_logger("router.domains")

NAME = "domains.json"
EVERY_DOMAIN = "select host, slug from domain_directory"
# On a brand's own domain the slug is said by the host, and /r/ by there being nothing else.
KEY = re.compile(r"/(?:r/)?([A-Za-z0-9_-]{1,64})/?")


class Domains:
    """All of them in memory, and on disk for a start while the database is down."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._slugs: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._slugs)

    def slug_of(self, host: str) -> str | None:
        """Whose links stand on this host; a Host header as it came."""
        return self._slugs.get(host.partition(":")[0].rstrip(".").lower())

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Everything there is; what is no longer among it is gone."""
        fresh = {row["host"]: row["slug"] for row in rows}
        if fresh == self._slugs:
            return
        self._slugs = fresh
        beside = self._path.with_name(f".{NAME}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps(fresh))
            beside.replace(self._path)
        except OSError as error:
            log.warning("domains can't be kept on disk", error=str(error))

    def remember(self) -> None:
        """What was known last."""
        try:
            known = json.loads(self._path.read_text())
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("the domains on disk can't be read", error=repr(error))
            return
        self._slugs = {str(host): str(slug) for host, slug in known.items()}

    def translated(self, scope: Scope) -> Scope | None:
        """The same request as it would read on the router's own host; None where it isn't one."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        slug = self.slug_of(host.decode("latin-1"))
        match = KEY.fullmatch(scope["path"]) if slug is not None else None
        if match is None:
            return scope if slug is not None and scope["path"].startswith("/r/") else None
        path = f"/r/{slug}/{match[1]}"
        return {**scope, "path": path, "raw_path": path.encode()}


def host_only(send: Send) -> Send:
    """Takes the cookie's domain away, which no browser would believe on somebody else's host."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, _without_domain(value) if name == b"set-cookie" else value)
                for name, value in message["headers"]
            ]
            message = {**message, "headers": headers}
        await send(message)

    return sent


def _without_domain(cookie: bytes) -> bytes:
    kept = [part for part in cookie.split(b"; ") if not part.lower().startswith(b"domain=")]
    return b"; ".join(kept)
