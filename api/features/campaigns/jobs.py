"""Telling people that a campaign is about to end: each in a job of their own, tried again alone."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.campaigns.endings import (
    FORGET_MOVED,
    TELL,
    campaign_and_admin,
    campaign_and_partner,
)
from api.features.campaigns.letters import ending_for_admins, ending_for_partners
from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import post
from api.jobs.job import JobContext, every, job
from api.outside.mail import Letter
from api.settings import Settings


@every("0 9 * * *", "campaign-end-notifications")
async def announce_endings(context: JobContext) -> None:
    """Once for each end: moved far enough away, it is announced anew when it comes near."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await session.execute(FORGET_MOVED)
        await session.execute(TELL)


@job("campaigns.tell_of_end")
async def tell_of_end(context: JobContext, campaign_id: str, kind: str, person_id: str) -> None:
    """Does nothing for who was shut out, or what goes on after all."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        letter = await _letter(session, context.settings, UUID(campaign_id), kind, UUID(person_id))
    if letter is not None:
        await post(context, letter)


async def _letter(
    session: AsyncSession, settings: Settings, campaign_id: UUID, kind: str, person_id: UUID
) -> Letter | None:
    of = campaign_and_admin if kind == "admin" else campaign_and_partner
    found = (await session.execute(of(campaign_id, person_id))).one_or_none()
    if found is None:
        return None
    campaign, person = found
    words = ending_for_admins if kind == "admin" else ending_for_partners
    look = await look_of(session, settings)
    return words(look, person.email, person.name, campaign.name, campaign.ends_at)
