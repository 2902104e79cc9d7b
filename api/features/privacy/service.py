"""The rules of privacy: what is forgotten, and what is kept because sums depend on it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.privacy import queries
from api.features.privacy.errors import PersonNotFound
from api.features.privacy.schemas import Erased, Erasure, PrivacyOut, PrivacyUpdate
from api.features.program_settings.for_others import write_setting
from api.settings import Settings
from shared.ids import new_id


async def show(session: AsyncSession, settings: Settings) -> PrivacyOut:
    """For how long clicks are kept, and who said so."""
    stored = await session.scalar(select(queries.stored())) or {}
    own, everybodys = stored.get("clickRetentionMonths"), settings.click_retention_months
    return PrivacyOut(
        click_retention_months=own,
        installation_months=everybodys,
        clicks_kept_months=min((one for one in (own, everybodys) if one), default=None),
    )


async def change(session: AsyncSession, wanted: PrivacyUpdate) -> None:
    """Clicks that are older by now go in the coming night."""
    value = {"clickRetentionMonths": wanted.click_retention_months}
    await write_setting(session, queries.KEY, value)


async def months_kept(session: AsyncSession, settings: Settings) -> int | None:
    """After how many months this workspace's clicks are forgotten; None for never."""
    return (await show(session, settings)).clicks_kept_months


async def erase(session: AsyncSession, wanted: Erasure) -> Erased:
    """The customer's names give way to a pseudonym that leads nowhere, and the rest of them goes.

    One pseudonym for one person, because what pays once for a customer must know them again.
    """
    names = [wanted.user_id] if wanted.user_id else []
    if wanted.email:
        names += (await session.scalars(queries.names_of(wanted.email))).all()
    pseudonym = f"erased-{new_id()}"
    # First, so that none of them brings a name back.
    errands = (await session.scalars(queries.jobs_deleted(names))).all()
    counts = (await session.execute(queries.erasing(names, pseudonym))).one()
    if not (counts.identities or counts.events or errands):
        raise PersonNotFound
    return Erased(ok=True, pseudonym=pseudonym, **counts._asdict())
