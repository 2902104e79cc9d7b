"""Walks through a list page by page, as a client does."""

from collections.abc import AsyncIterator
from typing import Any

from tests.support.brand import Brand


async def pages(
    brand: Brand, path: str, noun: str, **parameters: Any
) -> AsyncIterator[list[dict[str, Any]]]:
    """The pages of a list, until there is no next one."""
    cursor = None
    while True:
        asked = {**parameters, **({"cursor": cursor} if cursor else {})}
        answer = await brand.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body[noun]
        cursor = body["nextCursor"]
        if cursor is None:
            return
