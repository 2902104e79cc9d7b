"""Sends one letter, for whoever has no transaction open: read and close, call, write."""

from dataclasses import asdict
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.mail_settings import suppressions
from api.features.mail_settings.service import guard_of, mailer_of
from api.jobs.enqueue import enqueue
from api.jobs.job import JobContext
from api.outside.destinations import Policy
from api.outside.mail import Letter, Mailer, MailRefused
from api.settings import Settings
from shared.database import Database

log = structlog.get_logger()


async def deliver(
    database: Database,
    settings: Settings,
    tenant_id: UUID,
    otherwise: Mailer,
    letter: Letter,
    policy: Policy,
) -> None:
    """Raises MailFailed. What was refused for good is remembered, and forgotten when one is taken."""
    async with database.tenant_session(tenant_id, read_only=True) as session:
        guard = guard_of(settings, policy)
        mailer = await mailer_of(session, settings, tenant_id, otherwise, guard)
        suppressed = await suppressions.is_suppressed(session, letter.to)
    try:
        await mailer.send(letter)
    except MailRefused as problem:
        async with database.tenant_session(tenant_id) as session:
            await suppressions.note(session, letter.to, str(problem))
        raise
    if suppressed:
        async with database.tenant_session(tenant_id) as session:
            await suppressions.forget(session, letter.to)


async def post(context: JobContext, letter: Letter) -> bool:
    """Sends a job's letter. Raises MailFailed, so that the job is tried again.

    False where the address was refused for good: then to try again would help nobody.
    """
    outside = context.outside
    try:
        await deliver(
            context.database,
            context.settings,
            context.tenant_id,
            outside.mailer,
            letter,
            outside.outbound.policy,
        )
    except MailRefused as problem:
        log.warning("letter_refused", tag=letter.tag, reason=str(problem))
        return False
    return True


async def post_later(session: AsyncSession, letter: Letter) -> None:
    """Leaves in a job of its own, so that of many letters each is tried again alone.

    Not for letters with a secret in them: this one rests in the database until it leaves.
    """
    await enqueue(session, "mail.send", receiver=f"mail:{letter.to}", letter=asdict(letter))
