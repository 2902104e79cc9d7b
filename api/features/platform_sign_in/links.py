"""Links to the platform: minted by whoever mails them, so that the token is never at rest in clear."""

from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.platform import Kind
from api.features.platform_sign_in.errors import InvalidPlatformToken, WrongTokenKind
from api.settings import Settings
from shared.ids import new_id
from shared.models.platform_sign_in import PlatformLink
from shared.tokens import digest_of, new_token

LIFETIME = timedelta(minutes=10)
# What tells the kinds apart before anything is looked up.
PREFIXES: dict[Kind, str] = {"person": "oppl_", "operator": "opol_"}
PLACES: dict[Kind, str] = {"person": "/auth/magic", "operator": "/platform-admin/auth/magic"}


async def mint(session: AsyncSession, settings: Settings, kind: Kind, email: str) -> str:
    """The address of a new link; older ones of the same kind are void from here on."""
    await session.execute(
        update(PlatformLink)
        .where(
            PlatformLink.email == email,
            PlatformLink.kind == kind,
            PlatformLink.consumed_at.is_(None),
        )
        .values(consumed_at=func.now())
    )
    token = new_token(PREFIXES[kind])
    session.add(
        PlatformLink(
            id=new_id(),
            digest=token.digest,
            kind=kind,
            email=email,
            expires_at=func.now() + LIFETIME,
        )
    )
    await session.flush()
    return f"{settings.people_url}{PLACES[kind]}?token={quote(token.plaintext)}"


async def spend(session: AsyncSession, kind: Kind, token: str) -> str:
    """The address that the token proves. One statement, so that of many who bring it one succeeds."""
    if not token.startswith(PREFIXES[kind]) and token.startswith(("opml_", *PREFIXES.values())):
        raise WrongTokenKind
    email: str | None = await session.scalar(
        update(PlatformLink)
        .where(
            PlatformLink.digest == digest_of(token),
            PlatformLink.kind == kind,
            PlatformLink.consumed_at.is_(None),
            PlatformLink.expires_at > func.now(),
        )
        .values(consumed_at=func.now())
        .returning(PlatformLink.email)
    )
    if email is None:
        raise InvalidPlatformToken
    return email


async def sent_lately(session: AsyncSession, kind: Kind, email: str) -> int:
    """How many links this address was sent in the last quarter of an hour."""
    query = select(func.count()).where(
        PlatformLink.email == email,
        PlatformLink.kind == kind,
        PlatformLink.created_at > func.now() - timedelta(minutes=15),
    )
    return await session.scalar(query) or 0


async def forget(session: AsyncSession, address: str) -> None:
    """Takes back a link whose mail never left."""
    token = address.rpartition("token=")[2]
    await session.execute(delete(PlatformLink).where(PlatformLink.digest == digest_of(token)))
