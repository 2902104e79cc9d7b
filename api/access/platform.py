"""Who calls above all brands: a person with several workspaces, or an operator of the installation."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.cookies import LIFETIME_SECONDS, host_cookie, refuse_other_sites, write_cookie
from api.errors import Forbidden, Unauthorized
from api.settings import Settings
from api.web.platform_transaction import PlatformTransaction
from shared.ids import new_id
from shared.models.operator import Operator
from shared.models.platform_sign_in import PlatformSession
from shared.tokens import digest_of, new_token

Kind = Literal["person", "operator"]
COOKIES: dict[Kind, str] = {
    "person": "op_platform_session",
    "operator": "op_platform_admin_session",
}
PREFIXES: dict[Kind, str] = {"person": "opsplat_", "operator": "opsadmin_"}
# Whoever may shut out any brand proves who they are every working day.
LIFETIMES: dict[Kind, int] = {"person": LIFETIME_SECONDS, "operator": 12 * 3600}


class NoPlatformSession(Unauthorized, code="no_platform_session"):
    """Nobody is signed in to the platform in this browser."""


class InvalidOrExpiredSession(Unauthorized, code="invalid_or_expired_session"):
    """This session has ended; sign in again."""


class ReadOnlyOperator(Forbidden, code="read_only_operator"):
    """Your role is to look and to help; ask an operator who may decide."""


@dataclass(frozen=True, slots=True)
class Operating:
    """The operator who calls."""

    email: str
    role: Literal["support", "admin"]


def platform_cookie(request: Request, kind: Kind) -> str | None:
    """The session's token, if the browser sent one."""
    return request.cookies.get(host_cookie(request.state.settings, COOKIES[kind]))


def set_platform_session(response: Response, settings: Settings, kind: Kind, token: str) -> None:
    write_cookie(response, settings, COOKIES[kind], token, LIFETIMES[kind])


def clear_platform_session(response: Response, settings: Settings, kind: Kind) -> None:
    write_cookie(response, settings, COOKIES[kind], "", 0)


async def begin_platform_session(session: AsyncSession, kind: Kind, email: str) -> str:
    """The token of a new session; never one that the browser brought along."""
    token = new_token(PREFIXES[kind])
    session.add(
        PlatformSession(
            id=new_id(),
            digest=token.digest,
            kind=kind,
            email=email,
            expires_at=func.now() + timedelta(seconds=LIFETIMES[kind]),
        )
    )
    await session.flush()
    return token.plaintext


async def end_platform_session(session: AsyncSession, plaintext: str) -> None:
    """This browser's session, if it is one."""
    await session.execute(
        update(PlatformSession)
        .where(PlatformSession.digest == digest_of(plaintext), PlatformSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


async def email_behind(session: AsyncSession, kind: Kind, plaintext: str) -> str | None:
    """The address that this session proved, unless it has ended; notes that it was seen."""
    email: str | None = await session.scalar(
        update(PlatformSession)
        .where(
            PlatformSession.digest == digest_of(plaintext),
            PlatformSession.kind == kind,
            PlatformSession.revoked_at.is_(None),
            PlatformSession.expires_at > func.now(),
        )
        .values(last_seen_at=func.now())
        .returning(PlatformSession.email)
    )
    return email


async def _proved(request: Request, session: AsyncSession, kind: Kind) -> str:
    plaintext = platform_cookie(request, kind)
    if not plaintext:
        raise NoPlatformSession
    email = await email_behind(session, kind, plaintext)
    if email is None:
        raise InvalidOrExpiredSession
    refuse_other_sites(request, plaintext)
    return email


def _scheme(kind: Kind, name: str, description: str) -> APIKeyCookie:
    return APIKeyCookie(
        name=COOKIES[kind], auto_error=False, scheme_name=name, description=description
    )


person_cookie = _scheme("person", "Platform", "Set by signing in to the platform.")
operator_cookie = _scheme("operator", "Operator", "Set by signing in to the operators' console.")


async def person(
    request: Request,
    session: PlatformTransaction,
    _: Annotated[str | None, Depends(person_cookie)],
) -> str:
    """The address of whoever is signed in to the platform."""
    return await _proved(request, session, "person")


async def operator(
    request: Request,
    session: PlatformTransaction,
    _: Annotated[str | None, Depends(operator_cookie)],
) -> Operating:
    """The operator who is signed in, unless they were shut out meanwhile."""
    email = await _proved(request, session, "operator")
    role: Any = await session.scalar(
        select(Operator.role).where(Operator.email == email, Operator.revoked_at.is_(None))
    )
    if role is None:
        raise InvalidOrExpiredSession
    found = Operating(email, role)
    request.state.operator = found
    return found


async def deciding(known: Annotated[Operating, Security(operator)]) -> Operating:
    """The same, for what changes anything."""
    if known.role != "admin":
        raise ReadOnlyOperator
    return known


Person = Annotated[str, Security(person)]
Looker = Annotated[Operating, Security(operator)]
Decider = Annotated[Operating, Security(deciding)]
