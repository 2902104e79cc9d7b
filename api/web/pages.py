"""Cursor paging: newest first, stable under inserts, 100 a page by default and 200 at most."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Query
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import BadRequest

LARGEST = 200


class InvalidCursor(BadRequest, code="invalid_cursor"):
    """This cursor did not come from a page of ours."""


class HasId(Protocol):
    """Anything whose id is a UUIDv7, and so sorts by time."""

    id: Any


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for."""

    limit: int
    after: UUID | None


def page(
    limit: Annotated[
        int, Query(ge=1, le=500, description="How many; more than 200 are given in pages of 200.")
    ] = 100,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`nextCursor` of the page before.")
    ] = None,
) -> Page:
    """`limit` and `cursor` of a list; portals ask for as many as 500 and page on from what they get."""
    return Page(min(limit, LARGEST), read_cursor(cursor) if cursor else None)


def read_cursor(cursor: str) -> UUID:
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, Base64Error) as problem:
        raise InvalidCursor from problem


def cursor_of(row: HasId) -> str:
    return urlsafe_b64encode(UUID(str(row.id)).bytes).decode().rstrip("=")


async def fetch_page(
    session: AsyncSession, query: Select[*tuple[Any, ...]], row: Any, wanted: Page
) -> tuple[Sequence[Any], str | None]:
    """The rows of one page and the cursor of the next; `row` is the model that `query` selects first."""
    if wanted.after is not None:
        query = query.where(row.id < wanted.after)
    found = (await session.execute(query.order_by(row.id.desc()).limit(wanted.limit + 1))).all()
    kept = found[: wanted.limit]
    following = cursor_of(kept[-1][0]) if len(found) > wanted.limit else None
    return kept, following
