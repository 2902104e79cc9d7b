"""The mails of signing in to the platform: look up, mint and commit; then send; take back what failed."""

from typing import Any, cast

import structlog

from api.access.platform import Kind
from api.features.platform_sign_in import links
from api.features.platform_sign_in.letters import sign_in_letter
from api.features.platform_sign_in.service import is_known
from api.jobs.job import JobContext, Later, job
from api.outside.mail import MailRefused
from api.outside.network import PUSH_SECONDS, Coordinator, NetworkDown, NetworkRefused

log = structlog.get_logger()

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


@job("platform_sign_in.creator_link", delays=SOON)
async def ask_network_for_link(context: JobContext, email: str) -> None:
    """Whoever asks may be a creator instead, or as well: the network knows, and writes to them itself."""
    if (url := context.settings.network_url) is None:
        return
    coordinator = Coordinator(context.outside.outbound, url)
    try:
        await coordinator.ask("POST", "/creators/signin", {"email": email}, seconds=PUSH_SECONDS)
    except NetworkDown as problem:
        if context.attempt <= len(SOON):
            raise Later(str(problem)) from problem
        log.info("creator_sign_in_not_heard", reason=str(problem))
    except NetworkRefused as problem:
        # Too many of them, or not its kind of address: who waits can ask again.
        log.info("creator_sign_in_not_heard", reason=str(problem))
