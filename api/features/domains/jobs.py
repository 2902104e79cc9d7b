"""Every day: whether the domains of brands still lead here."""

from api.features.domains import service
from api.features.domains.letters import lost
from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import addresses_of_admins, post_later
from api.jobs.job import JobContext, every


@every("45 4 * * *", "domain-reverify")
async def look_at_domains(context: JobContext) -> None:
    """Admins hear of what was lost."""
    gone = await service.look_again(
        context.database, context.settings, context.outside.resolver, context.tenant_id
    )
    if not gone:
        return
    async with context.database.tenant_session(context.tenant_id) as session:
        look = await look_of(session, context.settings)
        for email in await session.scalars(addresses_of_admins()):
            for host in gone:
                await post_later(session, lost(look, host, email))
