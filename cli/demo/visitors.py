"""Visitors follow share links: each over a connection of its own, from a line of its own."""

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import parse_qs, urlsplit

from cli.errors import CommandError

SECONDS = 30
MOVED = 302
LOOPBACK = {"localhost", "127.0.0.1"}


def follow(link: str, *, agent: str, line: int) -> str:
    """One click; answers with the cref that the merchant's page finds in its address."""
    where = urlsplit(link)
    kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
    source = source_address(where.hostname or "", line)
    connection = kind(where.hostname or "", where.port, timeout=SECONDS, source_address=source)
    try:
        connection.request("GET", where.path, headers={"User-Agent": agent})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        raise CommandError(f"{link} got no answer: {error}") from error
    finally:
        connection.close()
    landing = answer.getheader("location", "")
    crefs = parse_qs(urlsplit(landing).query).get("cref", [])
    if answer.status != MOVED or len(crefs) != 1:
        raise CommandError(
            f"{link} was answered {answer.status}, and led to {landing or 'nothing'}."
        )
    return crefs[0]


def source_address(host: str, line: int) -> tuple[str, int] | None:
    """On Linux all of 127/8 is this machine, so that everybody can call from somewhere else."""
    if host not in LOOPBACK or not has_many_lines():
        return None
    return f"127.77.{line // 250}.{line % 250 + 1}", 0


def has_many_lines() -> bool:
    """Elsewhere all come from one address, and the quick ones among them are flagged."""
    return sys.platform == "linux"
