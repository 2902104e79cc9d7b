"""Every cref that a visitor was given, looked for among the clicks that are stored."""

import asyncpg

from bench.router.place import Place


async def compare(place: Place, given: list[bytes]) -> tuple[int, int]:
    """Redirects without a row, and rows whose visitor had gone before the answer came."""
    connection = await asyncpg.connect(place.superuser)
    try:
        rows = await connection.fetch("select id::text from clicks")
    finally:
        await connection.close()
    stored = {row[0].encode() for row in rows}
    known = set(given)
    return len(known - stored), len(stored - known)
