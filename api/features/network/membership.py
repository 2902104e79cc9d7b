"""Membership as it is stored: one setting, with the token sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.sealing import Sealer, Unreadable
from api.features.program_settings.for_others import write_setting
from api.outside.http import OutboundClient
from api.outside.network import Coordinator
from api.settings import Settings
from shared.clock import now
from shared.models.setting import Setting

KEY = "network_membership"
TOKEN = "network_membership.vendorToken"  # noqa: S105  # the field's name, to which the token is bound


@dataclass(frozen=True, slots=True)
class Membership:
    """`token` is sealed; `pending_id` is the vendor whose mail waits to be followed."""

    enabled: bool = False
    network_url: str | None = None
    token: str | None = None
    scoped_key_id: str | None = None
    auto_enroll: bool = True
    vendor_id: str | None = None
    pending_id: str | None = None
    pending_key_id: str | None = None
    connected_at: str | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a coordinator that knows us, and we want to talk to it."""
        return self.enabled and self.token is not None

    @property
    def is_pushing(self) -> bool:
        """Whether partners are told of by themselves."""
        return self.is_connected and self.auto_enroll

    @property
    def since(self) -> datetime | None:
        """When the connection began."""
        return datetime.fromisoformat(self.connected_at) if self.connected_at else None

    def stored(self) -> dict[str, Any]:
        """As the setting keeps it."""
        return {
            "enabled": self.enabled,
            "networkUrl": self.network_url,
            "vendorTokenCiphertext": self.token,
            "scopedKeyId": self.scoped_key_id,
            "autoEnroll": self.auto_enroll,
            "vendorId": self.vendor_id,
            "pendingVendorId": self.pending_id,
            "pendingKeyId": self.pending_key_id,
            "connectedAt": self.connected_at,
        }


async def membership_of(session: AsyncSession, *, for_update: bool = False) -> Membership:
    """The workspace's own; whoever changes it asks for the lock."""
    query = select(Setting.value).where(Setting.key == KEY)
    stored = await session.scalar(query.with_for_update() if for_update else query)
    if not isinstance(stored, dict):
        return Membership()
    return Membership(
        enabled=stored.get("enabled") is True,
        network_url=stored.get("networkUrl"),
        token=stored.get("vendorTokenCiphertext"),
        scoped_key_id=stored.get("scopedKeyId"),
        auto_enroll=stored.get("autoEnroll") is not False,
        vendor_id=stored.get("vendorId"),
        pending_id=stored.get("pendingVendorId"),
        pending_key_id=stored.get("pendingKeyId"),
        connected_at=stored.get("connectedAt"),
    )


async def keep(session: AsyncSession, membership: Membership) -> None:
    """Writes it down."""
    await write_setting(session, KEY, membership.stored())


async def forget(session: AsyncSession) -> None:
    """As if there had never been a connection."""
    await session.execute(delete(Setting).where(Setting.key == KEY))


def seal(settings: Settings, tenant_id: UUID, token: str) -> str:
    """A vendor token as it may be stored."""
    return Sealer.of(settings).seal(token, tenant_id, TOKEN)


def url_of(settings: Settings, membership: Membership) -> str | None:
    """The coordinator's base address: the workspace's own, or the installation's."""
    return membership.network_url or settings.network_url


def coordinator_of(
    settings: Settings, outbound: OutboundClient, tenant_id: UUID, membership: Membership
) -> Coordinator | None:
    """The coordinator, spoken to by this workspace; None where there is no connection.

    A token that no key of ours opens any more is as good as none.
    """
    url = url_of(settings, membership)
    if not membership.is_connected or membership.token is None or url is None:
        return None
    try:
        token = Sealer.of(settings).unseal(membership.token, tenant_id, TOKEN)
    except Unreadable:
        return None
    return Coordinator(outbound, url, token)


def moment() -> str:
    """Now, as the setting keeps it."""
    return now().isoformat()
