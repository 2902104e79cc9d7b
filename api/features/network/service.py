"""The rules of membership: seen, changed, begun, completed, ended."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.errors import InvalidBody
from api.features.api_keys.for_others import revoke_by_id
from api.features.network.errors import (
    AdminEmailUnresolvable,
    AdminPathRejected,
    AdminTokenNotConfigured,
    NetworkSignupFailed,
    NetworkUrlNotConfigured,
    NetworkVerifyFailed,
    SessionAdminRequired,
    WearsItsOwnName,
)
from api.features.network.introduction import (
    Contact,
    Introduced,
    NotTaken,
    Wishes,
    connect,
    introduce,
    is_token,
)
from api.features.network.membership import (
    Membership,
    coordinator_of,
    forget,
    keep,
    membership_of,
    moment,
    seal,
    url_of,
)
from api.features.network.place import Place, workspace
from api.features.network.schemas import (
    ConnectCompleted,
    ConnectStart,
    Disconnected,
    NetworkChange,
    NetworkOut,
)
from api.outside.network import Coordinator, NetworkDown, NetworkRefused
from api.settings import Settings
from shared.ids import read_id
from shared.models.admin import Admin
from shared.models.api_key import ApiKey
from shared.models.network import (
    NetworkApproval,
    NetworkPayoutReport,
    NetworkPush,
    NetworkReportedPayout,
)


def show(settings: Settings, membership: Membership) -> NetworkOut:
    """The connection as admins see it, never the token."""
    return NetworkOut(
        enabled=membership.enabled,
        connected=membership.is_connected,
        network_url=url_of(settings, membership),
        has_vendor_token=membership.token is not None,
        scoped_key_id=membership.scoped_key_id,
        auto_enroll=membership.auto_enroll,
        vendor_id=membership.vendor_id,
        pending_vendor_id=membership.pending_id,
        connected_at=membership.since,
    )


async def change(
    session: AsyncSession, settings: Settings, tenant_id: UUID, wanted: NetworkChange
) -> Membership:
    """Changes what was named. A token goes to the coordinator that issued it, and to no other."""
    before = await membership_of(session, for_update=True)
    after = before
    if wanted.network_url is not None:
        after = await _moved(session, settings, before, wanted.network_url)
    if wanted.vendor_token and (token := wanted.vendor_token.get_secret_value()):
        if not is_token(token):
            raise misfit("vendorToken", "can't be a token of a network")
        after = replace(
            after,
            token=seal(settings, tenant_id, token),
            connected_at=after.connected_at or moment(),
        )
    if "scoped_key_id" in wanted.model_fields_set:
        await _refuse_unknown_key(session, wanted.scoped_key_id)
        after = replace(after, scoped_key_id=wanted.scoped_key_id)
    if wanted.enabled is not None:
        if wanted.enabled:
            await _refuse_white_label(session)
        after = replace(after, enabled=wanted.enabled)
    if wanted.auto_enroll is not None:
        after = replace(after, auto_enroll=wanted.auto_enroll)
    await keep(session, after)
    return after


async def _moved(
    session: AsyncSession, settings: Settings, before: Membership, address: str
) -> Membership:
    """Another address is another coordinator, with whom everything begins anew."""
    moved = replace(before, network_url=address or None)
    if url_of(settings, moved) == url_of(settings, before):
        return moved
    await _end(session, before)
    return replace(
        moved, token=None, scoped_key_id=None, vendor_id=None, pending_id=None,
        pending_key_id=None, connected_at=None,
    )  # fmt: skip


async def _refuse_white_label(session: AsyncSession) -> None:
    if (await workspace(session)).white_label:
        raise WearsItsOwnName


def misfit(field: str, message: str) -> InvalidBody:
    """A field that no schema could refuse."""
    return InvalidBody(detail={"formErrors": [], "fieldErrors": {field: [message]}})


async def _refuse_unknown_key(session: AsyncSession, written_id: str | None) -> None:
    if written_id is None:
        return
    key_id = read_id(written_id)
    query = select(ApiKey.id).where(
        ApiKey.id == key_id, ApiKey.scopes.is_not(None), ApiKey.revoked_at.is_(None)
    )
    if key_id is None or await session.scalar(query) is None:
        raise misfit("scopedKeyId", "is no scoped key of this workspace")


async def start(place: Place, caller: Caller, wanted: ConnectStart) -> Introduced:
    """Asks the network to write to the contact."""
    url = await _url(place)
    callback = wanted.portal_callback_url
    if callback is not None and not _is_ours(place.settings, callback):
        raise misfit("portalCallbackUrl", "must lead to this installation")
    contact = await _contact(place, caller, wanted)
    wishes = Wishes(wanted.display_name, wanted.instance_url, callback)
    try:
        return await introduce(place, url, contact, wishes)
    except NotTaken as problem:
        raise NetworkSignupFailed(detail=str(problem)) from problem


async def enroll_with_key(place: Place, caller: Caller) -> Introduced:
    """Connects at once, by the operator's own key, which goes to the operator's network alone."""
    settings = place.settings
    if settings.network_url is None:
        raise NetworkUrlNotConfigured
    if settings.network_admin_api_key is None:
        raise AdminTokenNotConfigured
    if caller.admin_id is None:
        raise SessionAdminRequired
    await _url(place)
    contact = await _contact(place, caller, ConnectStart())
    key = settings.network_admin_api_key.get_secret_value()
    try:
        introduced = await introduce(place, settings.network_url, contact, Wishes(), key)
    except NotTaken as problem:
        raise NetworkSignupFailed(detail=str(problem)) from problem
    if introduced.status != "active":
        raise AdminPathRejected
    return introduced


async def complete(place: Place, ntoken: str) -> ConnectCompleted:
    """Redeems the token of the mail, and is connected."""
    url = await _url(place)
    try:
        answer = await Coordinator(place.outbound, url).ask(
            "POST", "/vendors/verify-and-issue-token", {"token": ntoken}
        )
    except (NetworkDown, NetworkRefused) as problem:
        raise NetworkVerifyFailed(detail=str(problem)) from problem
    vendor_id, token = answer.get("vendorId"), answer.get("vendorToken")
    if not isinstance(vendor_id, str) or not isinstance(token, str) or not is_token(token):
        raise NetworkVerifyFailed(detail="an answer without a vendorId and a vendorToken")
    async with place.database.tenant_session(place.tenant_id) as session:
        before = await membership_of(session, for_update=True)
        if before.pending_id != vendor_id:
            # Else somebody could make us a member in another's name by handing us their link.
            raise NetworkVerifyFailed(detail="this token is another workspace's")
        await connect(session, place, before, vendor_id, token)
    name = answer.get("displayName")
    return ConnectCompleted(
        ok=True, vendor_id=vendor_id, display_name=name if isinstance(name, str) else ""
    )


async def disconnect(place: Place) -> Disconnected:
    """Leaves at once, whether the network hears of it or not."""
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        membership = await membership_of(session)
    coordinator = coordinator_of(place.settings, place.outbound, place.tenant_id, membership)
    told = False
    if coordinator is not None:
        try:
            await coordinator.ask("POST", "/vendors/me/delete", {})
            told = True
        except (NetworkDown, NetworkRefused):
            told = False
    async with place.database.tenant_session(place.tenant_id) as session:
        await leave(session)
    return Disconnected(ok=True, told=told)


async def leave(session: AsyncSession) -> None:
    """No key, no token, nothing left to say."""
    await _end(session, await membership_of(session, for_update=True))
    await forget(session)


async def _end(session: AsyncSession, membership: Membership) -> None:
    """What this coordinator was to do, and was still to hear, is no other one's business."""
    written = (membership.scoped_key_id, membership.pending_key_id)
    await revoke_by_id(session, [known for key in written if key and (known := read_id(key))])
    await session.execute(delete(NetworkPush))
    # The next coordinator counts its requests anew, and may come to the same ids.
    await session.execute(delete(NetworkApproval))
    unheard = select(NetworkPayoutReport.id).where(NetworkPayoutReport.reported_at.is_(None))
    lines = delete(NetworkReportedPayout).where(NetworkReportedPayout.report_id.in_(unheard))
    await session.execute(lines)
    await session.execute(delete(NetworkPayoutReport).where(NetworkPayoutReport.id.in_(unheard)))


async def _url(place: Place) -> str:
    """The coordinator that this workspace may join."""
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        await _refuse_white_label(session)
        url = url_of(place.settings, await membership_of(session))
    if url is None:
        raise NetworkUrlNotConfigured
    return url


def _is_ours(settings: Settings, url: str) -> bool:
    return any(url == origin or url.startswith(f"{origin}/") for origin in settings.origins)


async def _contact(place: Place, caller: Caller, wanted: ConnectStart) -> Contact:
    """As named, or whoever asks."""
    email, name = wanted.contact_email, wanted.contact_name
    if caller.admin_id is not None and (email is None or name is None):
        async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
            admin = await session.get(Admin, (place.tenant_id, caller.admin_id))
        if admin is not None:
            email, name = email or admin.email, name or admin.name
    if email is None:
        raise AdminEmailUnresolvable
    return Contact(email, name or email.partition("@")[0])
