"""What partners are told by mail: read and close; then send."""

from uuid import UUID

from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import post
from api.features.partners.letters import application_letter, revocation_notice
from api.features.partners.queries import partner_who_waits, revocation_with_partner
from api.jobs.job import JobContext, job


@job("partner.revoked_notice")
async def mail_revocation_notice(context: JobContext, revocation_id: str) -> None:
    """Does nothing for a partner who was let back in meanwhile."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        query = revocation_with_partner(UUID(revocation_id))
        found = (await session.execute(query)).one_or_none()
        if found is None or found[0].reinstated_at is not None:
            return
        revocation, partner = found
        look = await look_of(session, context.settings)
        letter = revocation_notice(look, partner.email, partner.name, revocation.reason)
    await post(context, letter)


@job("partner.applied")
async def mail_application(context: JobContext, partner_id: str) -> None:
    """Tells who applied that they did; nothing where an admin was faster."""
    async with context.database.tenant_session(context.tenant_id, read_only=True) as session:
        partner = await session.scalar(partner_who_waits(UUID(partner_id)))
        if partner is None:
            return
        look = await look_of(session, context.settings)
        letter = application_letter(look, partner.email, partner.name)
    await post(context, letter)
