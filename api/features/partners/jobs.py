"""What partners are told by mail: read and close; then send."""

from uuid import UUID

from api.features.mail_settings.for_others import mailer_of
from api.features.partners.letters import revocation_notice
from api.features.partners.queries import revocation_with_partner
from api.features.program_settings.for_others import program_name
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
        letter = revocation_notice(
            partner.email, partner.name, await program_name(session), revocation.reason
        )
        mailer = await mailer_of(
            session, context.settings, context.tenant_id, context.outside.mailer
        )
    await mailer.send(letter)
