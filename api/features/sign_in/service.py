"""The rules of signing in: ask for a link, spend it, say who somebody is, sign out."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.audit import record
from api.access.caller import Caller
from api.access.cookies import csrf_token
from api.errors import ApiError
from api.features.letters.for_others import look_of
from api.features.network_pushes.for_others import tell_of_partner
from api.features.notices.for_others import PartnerActivated, publish
from api.features.sign_in import browsers, links
from api.features.sign_in.errors import (
    AdminNotFound,
    AdminRevoked,
    InvalidOrExpiredToken,
    PartnerNotFound,
    PartnerRevoked,
    ScopedKeyNotForPortal,
)
from api.features.sign_in.letters import set_up_letter
from api.features.sign_in.queries import Kind, Person, links_lately, locked
from api.features.sign_in.schemas import (
    AdminByKey,
    AdminBySession,
    AdminKeyFacts,
    AdminSignedIn,
    AdminWho,
    KeyFacts,
    PartnerCaller,
    PartnerKeyFacts,
    PartnerRestriction,
    PartnerSignedIn,
    PartnerWho,
    ScopedKeyFacts,
    SignedIn,
    Who,
)
from api.jobs.enqueue import enqueue
from api.outside.mail import Letter
from api.settings import Settings
from shared.models.admin import Admin
from shared.models.partner import Partner
from shared.models.sign_in import MagicLink
from shared.models.tenant import Tenant

MOST_LETTERS = 3
REFUSALS: dict[str, tuple[type[ApiError], type[ApiError]]] = {
    "admin": (AdminNotFound, AdminRevoked),
    "partner": (PartnerNotFound, PartnerRevoked),
}


async def ask(session: AsyncSession, email: str) -> None:
    """Asks the worker for a link. The same work whether the address exists or not: it looks later."""
    await enqueue(session, "sign_in.link", receiver=f"mail:{email}", email=email)


async def invite_partner(session: AsyncSession, partner_id: UUID) -> None:
    """Mails the partner a link that activates them, once this transaction is committed."""
    await enqueue(session, "sign_in.invite", kind="partner", person_id=str(partner_id))


async def invite_admin(session: AsyncSession, admin_id: UUID) -> None:
    """Mails the admin a link that activates them, once this transaction is committed."""
    await enqueue(session, "sign_in.invite", kind="admin", person_id=str(admin_id))


async def first_letter(session: AsyncSession, settings: Settings, admin: Admin) -> Letter:
    """With which an installation greets its first admin; its link is minted here."""
    person = Person("admin", admin.id, admin.email, admin.name)
    address = await links.mint(session, settings, person, "admin_invite")
    return set_up_letter(await look_of(session, settings), person, address)


async def has_mail_enough(session: AsyncSession, admin: Admin) -> bool:
    """Whether another letter within a quarter of an hour would only help who floods mailboxes."""
    person = Person("admin", admin.id, admin.email, admin.name)
    return await links_lately(session, person, "admin_invite") >= MOST_LETTERS


async def end_sessions(session: AsyncSession, kind: Kind, principal_id: UUID) -> None:
    """Signs the person out everywhere, and voids the links that could sign them in again."""
    await browsers.end_all(session, kind, principal_id)
    await links.void(session, kind, principal_id)


async def verify(session: AsyncSession, token: str, before: str | None) -> tuple[SignedIn, str]:
    """Spends the link, and begins a session; the one that the browser had before ends.

    A refusal rolls all of it back: a link that opened nothing was not spent.
    """
    link = await links.spend(session, token)
    if link is None:
        raise InvalidOrExpiredToken
    person = await _enter(session, link)
    if before is not None:
        await browsers.end(session, before)
    kind: Kind = "admin" if isinstance(person, Admin) else "partner"
    plaintext = await browsers.begin(session, kind, person.id)
    record(session, f"{kind}:{person.id}", "sign_in", str(person.id), purpose=link.purpose)
    return _welcome(person, csrf_token(plaintext)), plaintext


async def enter_as_admin(session: AsyncSession, admin_id: UUID) -> str:
    """A session for an admin whose address the platform has proved; the first one activates them."""
    admin = await locked(session, Admin, admin_id)
    if admin is None:
        raise AdminNotFound
    if admin.revoked_at is not None:
        raise AdminRevoked
    if admin.activated_at is None:
        await _activate(session, admin)
    else:
        admin.last_sign_in_at = func.now()
        await session.flush()
    record(session, f"admin:{admin.id}", "sign_in", str(admin.id), purpose="platform")
    return await browsers.begin(session, "admin", admin.id)


async def _enter(session: AsyncSession, link: MagicLink) -> Admin | Partner:
    """The person behind a link, activated where it was an invitation."""
    person: Admin | Partner | None
    if link.principal_kind == "admin":
        person = await locked(session, Admin, link.principal_id)
    else:
        person = await locked(session, Partner, link.principal_id)
    gone, shut_out = REFUSALS[link.principal_kind]
    if person is None:
        raise gone
    if person.revoked_at is not None:
        raise shut_out
    if person.activated_at is None:
        waits = isinstance(person, Partner) and person.approved_at is None
        if waits or not link.purpose.endswith("_invite"):
            # Only an invitation makes somebody a member; a link to sign in must not.
            raise InvalidOrExpiredToken
        return await _activate(session, person)
    if isinstance(person, Admin):
        person.last_sign_in_at = func.now()
    await session.flush()
    return person


async def _activate(session: AsyncSession, person: Admin | Partner) -> Admin | Partner:
    """The first time that somebody follows their invitation."""
    person.activated_at = func.now()
    if isinstance(person, Admin):
        person.last_sign_in_at = func.now()
    await session.flush()
    if isinstance(person, Partner):
        await session.refresh(person, ["activated_at"])
        news = PartnerActivated(
            partner_id=person.id,
            email=person.email,
            name=person.name,
            activated_at=person.activated_at,
        )
        await publish(session, [news])
        await tell_of_partner(session, person.id)
    return person


def _welcome(person: Admin | Partner, csrf: str) -> SignedIn:
    if isinstance(person, Admin):
        return AdminSignedIn(ok=True, role="admin", admin=_admin(person), csrf_token=csrf)
    return PartnerSignedIn(ok=True, role="partner", partner=_partner(person), csrf_token=csrf)


async def who(session: AsyncSession, settings: Settings, caller: Caller, csrf: str | None) -> Who:
    """The person behind the caller, for a portal."""
    if caller.role == "scoped":
        raise ScopedKeyNotForPortal
    base_url = await base_url_of(session, settings)
    if caller.partner_id is not None:
        partner = (
            await session.scalars(select(Partner).where(Partner.id == caller.partner_id))
        ).one()
        return PartnerCaller(
            role="partner",
            source=caller.source,
            partner_id=partner.id,
            partner=_partner(partner),
            csrf_token=csrf,
            base_url=base_url,
        )
    if caller.admin_id is not None:
        admin = (await session.scalars(select(Admin).where(Admin.id == caller.admin_id))).one()
        return AdminBySession(
            role="admin",
            source="session",
            admin=_admin(admin),
            csrf_token=csrf or "",
            base_url=base_url,
        )
    return AdminByKey(role="admin", source=caller.source, base_url=base_url)


async def introspect(session: AsyncSession, settings: Settings, caller: Caller) -> KeyFacts:
    """What the caller's key opens, and where, for an integration that checks its set-up."""
    base_url = await base_url_of(session, settings)
    if caller.role == "scoped":
        return ScopedKeyFacts(role="scoped", scopes=list(caller.scopes), base_url=base_url)
    if caller.partner_id is not None:
        only = PartnerRestriction(partner_id=caller.partner_id)
        return PartnerKeyFacts(role="partner", restricted_to=only, base_url=base_url)
    return AdminKeyFacts(role="admin", unrestricted=True, base_url=base_url)


async def base_url_of(session: AsyncSession, settings: Settings) -> str:
    """The one address of the pinned workspace's API that is shown everywhere."""
    return settings.base_url((await session.scalars(select(Tenant.slug))).one())


def _admin(person: Admin) -> AdminWho:
    return AdminWho(id=person.id, email=person.email, name=person.name)


def _partner(person: Partner) -> PartnerWho:
    return PartnerWho(
        id=person.id,
        name=person.name,
        email=person.email,
        stripe_connected=person.stripe_connect_account_id is not None,
    )
