"""Introducing a workspace to the network: mint a key, ask, and keep what came of it."""

from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.roles import BUNDLES
from api.features.api_keys.for_others import make_for_service, revoke_by_id
from api.features.network.membership import Membership, keep, membership_of, moment, seal
from api.features.network.place import Place, callback_url, workspace
from api.features.program_settings.for_others import program_name
from api.outside.network import SIGNUP_SECONDS, Coordinator, NetworkDown, NetworkRefused
from shared.ids import read_id

LABEL = "network_federation"
LONGEST_ID = 64
SHORTEST, LONGEST = 8, 500


@dataclass(frozen=True, slots=True)
class Contact:
    """The person whom the network writes to."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the workspace would rather be called and reached by; usually nothing."""

    display_name: str | None = None
    instance_url: str | None = None
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Introduced:
    """`active`: connected already; `pending`: the contact has a mail to follow."""

    vendor_id: str
    status: Literal["pending", "active"]
    email_sent: bool


class NotTaken(Exception):
    """The network didn't take the sign-up; the message says why."""


async def introduce(
    place: Place, url: str, contact: Contact, wishes: Wishes, admin_key: str | None = None
) -> Introduced:
    """Raises NotTaken, and then the key that was minted for it is dead again."""
    async with place.database.tenant_session(place.tenant_id) as session:
        key_id, body = await _prepare(session, place, contact, wishes)
    try:
        coordinator = Coordinator(place.outbound, url, admin_key)
        answer = await coordinator.ask("POST", "/vendors/signup", body, seconds=SIGNUP_SECONDS)
        introduced = _introduced(answer)
    except (NetworkDown, NetworkRefused) as problem:
        async with place.database.tenant_session(place.tenant_id) as session:
            await revoke_by_id(session, [key_id])
        raise NotTaken(str(problem)) from problem
    async with place.database.tenant_session(place.tenant_id) as session:
        await _keep(session, place, key_id, introduced, answer.get("vendorToken"))
    return introduced


async def _prepare(
    session: AsyncSession, place: Place, contact: Contact, wishes: Wishes
) -> tuple[UUID, dict[str, Any]]:
    tenant = await workspace(session)
    key_id, plaintext = await make_for_service(session, LABEL, BUNDLES["network"])
    before = await membership_of(session, for_update=True)
    # Whoever starts anew no longer means the mail from before.
    await _revoke(session, before.pending_key_id)
    await keep(session, replace(before, pending_id=None, pending_key_id=str(key_id)))
    settings = place.settings
    return key_id, {
        "instanceUrl": wishes.instance_url or settings.base_url(tenant.slug),
        "scopedKey": plaintext,
        "displayName": wishes.display_name or await program_name(session),
        "tier": "self_hosted" if settings.openpartner_mode == "selfhost" else "hosted",
        "contact": {"email": contact.email, "name": contact.name},
        "portalCallbackUrl": wishes.callback_url or callback_url(settings, tenant.slug),
    }


def _introduced(answer: dict[str, Any]) -> Introduced:
    vendor_id, status = answer.get("vendorId"), answer.get("status")
    if not isinstance(vendor_id, str) or not 0 < len(vendor_id) <= LONGEST_ID:
        raise NetworkDown("an answer without a vendorId")
    if status == "active" and is_token(answer.get("vendorToken")):
        return Introduced(vendor_id, "active", email_sent=False)
    if status != "pending":
        raise NetworkDown("an answer without a status that we know")
    return Introduced(vendor_id, "pending", email_sent=answer.get("emailSent") is True)


def is_token(value: object) -> bool:
    """Whether this may be sent as a bearer token."""
    if not isinstance(value, str) or not SHORTEST <= len(value) <= LONGEST:
        return False
    return value.isascii() and value.isprintable() and " " not in value


async def _keep(
    session: AsyncSession, place: Place, key_id: UUID, introduced: Introduced, token: str | None
) -> None:
    before = await membership_of(session, for_update=True)
    if before.pending_key_id != str(key_id):
        # Somebody else began anew meanwhile, and their key is the one that counts.
        return
    if introduced.status == "active" and token is not None:
        await connect(session, place, before, introduced.vendor_id, token)
    else:
        await keep(session, replace(before, pending_id=introduced.vendor_id))


async def connect(
    session: AsyncSession, place: Place, before: Membership, vendor_id: str, token: str
) -> None:
    """From now on the workspace is a member, and only the key minted for it opens us."""
    if before.scoped_key_id != before.pending_key_id:
        await _revoke(session, before.scoped_key_id)
    await keep(
        session,
        replace(
            before,
            enabled=True,
            token=seal(place.settings, place.tenant_id, token),
            scoped_key_id=before.pending_key_id or before.scoped_key_id,
            vendor_id=vendor_id,
            pending_id=None,
            pending_key_id=None,
            connected_at=moment(),
        ),
    )


async def _revoke(session: AsyncSession, key_id: str | None) -> None:
    if key_id is not None and (known := read_id(key_id)) is not None:
        await revoke_by_id(session, [known])
