"""The rules of clicks: facts stay as they came, and what is decided later stands beside them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.for_others import replay
from api.features.clicks import queries
from api.features.clicks.errors import AlreadyFlagged, ClickNotFound, LinkNotFound, NotFlagged
from api.features.clicks.schemas import ClickReport, Flagged, Recorded, Unflagged
from shared.models.click import Click
from shared.visitor import read_click_id


async def record(session: AsyncSession, wanted: ClickReport) -> Recorded:
    """Writes down a click from elsewhere, once."""
    link = (await session.execute(queries.link_by_key(wanted.link_key))).one_or_none()
    if link is None:
        raise LinkNotFound
    fresh = await session.scalar(queries.click_written(wanted, link).returning(Click.id))
    if fresh is None:
        return Recorded(ok=True, id=wanted.id, replayed=True)
    return Recorded(ok=True, id=wanted.id)


async def flag(session: AsyncSession, written_id: str, by: str) -> Flagged:
    """An admin holds something against a click."""
    click = await _held(session, written_id)
    if click.flag is not None:
        raise AlreadyFlagged(flag=click.flag)
    await session.execute(queries.verdict_written(click, "manual", by))
    return Flagged(ok=True, click_id=click.id)


async def unflag(session: AsyncSession, written_id: str, by: str) -> Unflagged:
    """An admin lets a click count, and what was missed meanwhile is credited."""
    click = await _held(session, written_id)
    if click.flag is None:
        raise NotFlagged
    await session.execute(queries.verdict_written(click, None, by))
    users = (await session.scalars(queries.customers_of(click.id))).all()
    changed = await replay(session, users, click.id, click.ts)
    return Unflagged(ok=True, click_id=click.id, reattributed_events=changed)


async def _held(session: AsyncSession, written_id: str) -> queries.Found:
    """The click, while nobody else decides about it."""
    click_id: UUID | None = read_click_id(written_id)
    if click_id is None:
        raise ClickNotFound
    await session.execute(queries.held(f"click:{click_id}"))
    click = (await session.execute(queries.click_of(click_id))).one_or_none()
    if click is None:
        raise ClickNotFound
    return click
