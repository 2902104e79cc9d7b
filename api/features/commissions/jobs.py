"""What happens to commissions by itself."""

from api.features.commissions import service
from api.jobs.job import JobContext, every


@every("15 5 * * *", "commission-auto-approve")
async def approve_matured(context: JobContext) -> None:
    """Approves what has been held back for long enough; running it again changes nothing."""
    async with context.database.tenant_session(context.tenant_id) as session:
        await service.approve_matured(session)
