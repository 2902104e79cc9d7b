"""The mails of signing in: look up, mint and commit; then send; take back what did not leave."""

from uuid import UUID

from api.features.letters.for_others import look_of
from api.features.mail_settings.for_others import post
from api.features.sign_in import links
from api.features.sign_in.letters import invitation, sign_in_letter
from api.features.sign_in.queries import Kind, active_person, invited_person, links_lately
from api.jobs.job import JobContext, job
from api.outside.mail import Letter

# Whoever waits for a link to sign in has given up after a few minutes; an invitation can wait.
SOON = (5, 15, 60, 300)
# More within a quarter of an hour would only help who wants to flood somebody's mailbox.
MOST_LINKS = 3


@job("sign_in.link", delays=SOON)
async def mail_sign_in_link(context: JobContext, email: str) -> None:
    """Strangers, invited people and people shut out get nothing, and nobody can tell."""
    async with context.database.tenant_session(context.tenant_id) as session:
        person = await active_person(session, email)
        if person is None:
            return
        purpose = f"{person.kind}_signin"
        if await links_lately(session, person, purpose) >= MOST_LINKS:
            return
        address = await links.mint(session, context.settings, person, purpose)
        letter = sign_in_letter(await look_of(session, context.settings), person, address)
    await _send(context, letter, address)


@job("sign_in.invite")
async def mail_invitation(context: JobContext, kind: Kind, person_id: str) -> None:
    """Does nothing for people who came in or were shut out meanwhile."""
    async with context.database.tenant_session(context.tenant_id) as session:
        person = await invited_person(session, kind, UUID(person_id))
        if person is None:
            return
        address = await links.mint(session, context.settings, person, f"{kind}_invite")
        letter = invitation(await look_of(session, context.settings), person, address)
    await _send(context, letter, address)


async def _send(context: JobContext, letter: Letter, address: str) -> None:
    sent = False
    try:
        sent = await post(context, letter)
    finally:
        if not sent:
            async with context.database.tenant_session(context.tenant_id) as session:
                await links.forget(session, address)
