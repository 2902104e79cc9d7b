"""The rules of signing in to the platform: ask for a link, spend it."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.platform import Kind
from api.features.platform_sign_in.queries import has_workspace, operator_by
from api.jobs.enqueue import enqueue
from api.settings import Settings
from shared.ids import new_id
from shared.models.operator import Operator


async def ask(session: AsyncSession, kind: Kind, email: str) -> None:
    """Asks the worker for a link. The same work whether the address is known or not: it looks later."""
    await enqueue(
        session, "platform_sign_in.link", receiver=f"mail:{email}", kind=kind, email=email
    )


async def ask_network(session: AsyncSession, email: str) -> None:
    """Passes the question on to the network, whose creators sign in at the same place."""
    await enqueue(session, "platform_sign_in.creator_link", receiver="network", email=email)


async def is_known(session: AsyncSession, settings: Settings, kind: Kind, email: str) -> bool:
    """Whether the address may sign in; whom the environment names becomes an operator by it."""
    if kind == "person":
        return await has_workspace(session, email)
    if email in settings.platform_admin_emails:
        # Who was shut out on purpose stays shut out, whatever the environment still says.
        fresh = insert(Operator).values(id=new_id(), email=email, name=email, role="admin")
        await session.execute(fresh.on_conflict_do_nothing(index_elements=["email"]))
    found = await operator_by(session, email)
    return found is not None and found.revoked_at is None
