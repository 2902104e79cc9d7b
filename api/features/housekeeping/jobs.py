"""Throws away answers that expired, work that is done, and keys to doors that are closed."""

from sqlalchemy import text

from api.jobs.job import JobContext, every

# What a person may still want to look at stays a while: done work a week, sign-ins a month.
OVERDUE = (
    "delete from idempotent_requests where expires_at < now()",
    "delete from jobs where done_at < now() - interval '7 days'",
    "delete from magic_links where expires_at < now() - interval '30 days'",
    "delete from sessions where expires_at < now() - interval '30 days'",
)


@every("40 3 * * *", "housekeeping")
async def throw_away(context: JobContext) -> None:
    """One short transaction for each table; what died unheard stays in sight."""
    for statement in OVERDUE:
        async with context.database.tenant_session(context.tenant_id) as session:
            await session.execute(text(statement))


@every("50 3 * * *", "old-ticks", per_tenant=False)
async def forget_ticks(context: JobContext) -> None:
    """The schedule's own diary, which belongs to no tenant, is kept for ninety days."""
    async with context.database.unpinned_session() as session:
        await session.execute(text("delete from ticks where due_at < now() - interval '90 days'"))
