"""Magic links: minted by whoever mails them, so that the token is never at rest in clear."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.sign_in.queries import Kind, Person
from api.settings import Settings
from shared.ids import new_id
from shared.models.domain import Domain
from shared.models.sign_in import MagicLink
from shared.models.tenant import Tenant
from shared.tokens import digest_of, new_token

LIFETIME = timedelta(minutes=10)
PREFIX = "opml_"


async def mint(session: AsyncSession, settings: Settings, person: Person, purpose: str) -> str:
    """The address of a new link; the person's older ones are void from here on."""
    await void(session, person.kind, person.id)
    token = new_token(PREFIX)
    session.add(
        MagicLink(
            id=new_id(),
            digest=token.digest,
            purpose=purpose,
            principal_kind=person.kind,
            principal_id=person.id,
            expires_at=func.now() + LIFETIME,
        )
    )
    await session.flush()
    return f"{await _portal(session, settings)}/auth/magic?token={quote(token.plaintext)}"


async def spend(session: AsyncSession, token: str) -> MagicLink | None:
    """One statement, so that of many who bring the same token one succeeds."""
    link: MagicLink | None = await session.scalar(
        update(MagicLink)
        .where(
            MagicLink.digest == digest_of(token),
            MagicLink.consumed_at.is_(None),
            MagicLink.expires_at > func.now(),
        )
        .values(consumed_at=func.now())
        .returning(MagicLink)
    )
    return link


async def void(session: AsyncSession, kind: Kind, person_id: UUID) -> None:
    """Whatever link the person still has opens nothing any more."""
    await session.execute(
        update(MagicLink)
        .where(
            MagicLink.principal_kind == kind,
            MagicLink.principal_id == person_id,
            MagicLink.consumed_at.is_(None),
        )
        .values(consumed_at=func.now())
    )


async def is_open(session: AsyncSession, kind: Kind, person_id: UUID) -> bool:
    """Whether the person has a link that would still let them in."""
    query = select(MagicLink.id).where(
        MagicLink.principal_kind == kind,
        MagicLink.principal_id == person_id,
        MagicLink.consumed_at.is_(None),
        MagicLink.expires_at > func.now(),
    )
    return await session.scalar(query.limit(1)) is not None


async def forget(session: AsyncSession, address: str) -> None:
    """Takes back a link whose mail never left."""
    token = address.rpartition("token=")[2]
    await session.execute(delete(MagicLink).where(MagicLink.digest == digest_of(token)))


async def forget_all(session: AsyncSession, kind: Kind, person_id: UUID) -> None:
    """Every trace of the person's links, for somebody who is taken back altogether."""
    theirs = (MagicLink.principal_kind == kind) & (MagicLink.principal_id == person_id)
    await session.execute(delete(MagicLink).where(theirs))


async def _portal(session: AsyncSession, settings: Settings) -> str:
    """Where the workspace's people sign in: on its own domain, if it has proved one."""
    held = Domain.verified_at.is_not(None) & (Domain.purpose == "portal")
    own = select(Domain.host).where(held).order_by(Domain.verified_at).limit(1)
    slug, host = (await session.execute(select(Tenant.slug, own.scalar_subquery()))).one()
    if host is not None:
        return f"https://{host}"
    return f"{settings.people_url}/t/{slug}" if settings.is_multi else settings.people_url
