"""The one cookie that passes between creators' browsers and the network, and nothing beside it."""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from fastapi import Response

NAME = "op_creator_session"
LONGEST_LIFE = 30 * 24 * 3600
LONGEST_VALUE = 4096


def passed_on(cookies: dict[str, str]) -> str | None:
    """The Cookie header for the network: sessions of this installation stay here."""
    value = cookies.get(NAME)
    if value is None or len(value) > LONGEST_VALUE or not _is_plain(value):
        return None
    return f"{NAME}={value}"


def hand_out(response: Response, lines: Iterable[str], *, secure: bool) -> None:
    """Sets what the network sets under that name, ours in every other respect.

    Its domain would be another site's, and any other name might be one of our own cookies.
    """
    for line in lines:
        try:
            parsed = SimpleCookie(line)
        except CookieError:
            continue
        if NAME not in parsed or not _is_plain(parsed[NAME].value):
            continue
        response.set_cookie(
            NAME,
            parsed[NAME].value,
            max_age=_life(parsed[NAME]["max-age"], ended=not parsed[NAME].value),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def _life(written: str, *, ended: bool) -> int:
    if ended:
        return 0
    return min(int(written), LONGEST_LIFE) if written.isdigit() else LONGEST_LIFE


def _is_plain(value: str) -> bool:
    return value.isascii() and all(33 <= ord(one) <= 126 and one not in '";,\\' for one in value)  # noqa: PLR2004  # what RFC 6265 lets a value be
