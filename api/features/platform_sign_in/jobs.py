"""The mails of signing in to the platform: look up, mint and commit; then send; take back what failed."""

from typing import Any, cast

from api.access.platform import Kind
from api.features.platform_sign_in import links
from api.features.platform_sign_in.letters import sign_in_letter
from api.features.platform_sign_in.service import is_known
from api.jobs.job import JobContext, job
from api.outside.mail import MailRefused

# Whoever waits for a link has given up after a few minutes.
SOON = (5, 15, 60, 300)
MOST_LINKS = 3


@job("platform_sign_in.link", delays=SOON)
async def mail_platform_link(context: JobContext, kind: str, email: str) -> None:
    """Strangers get nothing, and nobody can tell. It leaves by the installation's own mail, no brand's."""
    known = cast("Kind", kind)
    async with context.database.platform_session() as session:
        if not await is_known(session, context.settings, known, email):
            return
        if await links.sent_lately(session, known, email) >= MOST_LINKS:
            return
        address = await links.mint(session, context.settings, known, email)
    mailer: Any = context.outside.mailer
    sent = False
    try:
        await mailer.send(sign_in_letter(known, email, address))
        sent = True
    except MailRefused:
        return
    finally:
        if not sent:
            async with context.database.platform_session() as session:
                await links.forget(session, address)
