"""Wearing one's own name alone: whether the brand asked for it, may, and so does."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.domains.errors import WhiteLabelNetworkConflict, WhiteLabelNotIncluded
from api.features.domains.schemas import Branding, WhiteLabelOut
from api.features.network.for_others import membership_of
from api.features.program_settings.for_others import show_program
from api.features.subscriptions.for_others import entitled_to_white_label
from api.settings import Settings
from shared.models.tenant import Tenant


async def show(session: AsyncSession, settings: Settings) -> WhiteLabelOut:
    """What was asked for, and whether it holds."""
    enabled = bool(await session.scalar(select(Tenant.white_label)))
    return WhiteLabelOut(enabled=enabled, entitled=await entitled(session, settings))


async def change(session: AsyncSession, settings: Settings, *, enabled: bool) -> None:
    """Raises WhiteLabelNotIncluded or WhiteLabelNetworkConflict."""
    if enabled:
        if not await entitled(session, settings):
            raise WhiteLabelNotIncluded
        if (await membership_of(session)).enabled:
            raise WhiteLabelNetworkConflict
    await session.execute(update(Tenant).values(white_label=enabled))


async def entitled(session: AsyncSession, settings: Settings) -> bool:
    """By its plan, as long as it is open."""
    status = await session.scalar(select(Tenant.status))
    return status == "active" and await entitled_to_white_label(session, settings)


async def branding(session: AsyncSession, settings: Settings) -> Branding:
    """How the brand shows to whoever comes."""
    shown, wish = await show_program(session, settings), await show(session, settings)
    slug = (await session.scalars(select(Tenant.slug))).one()
    return Branding(
        slug=slug,
        program_name=shown.program_name,
        logo_url=shown.logo_url,
        brand_color=shown.brand_color,
        support_email=shown.support_email,
        terms_url=shown.terms_url,
        white_label=wish.enabled and wish.entitled,
    )
