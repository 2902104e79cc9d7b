"""The network, for sign-up, for the page that shows how far a brand has come, and for what is pushed."""

import asyncio
from dataclasses import dataclass
from typing import Any

from api.features.network.calls import NetworkId, OnceHeader, as_problem, connected, relay
from api.features.network.errors import (
    CALLED,
    NetworkCallFailed,
    NetworkNotConfigured,
    NetworkUnreachable,
)
from api.features.network.introduction import Contact, Introduced, NotTaken, Wishes, introduce
from api.features.network.membership import (
    Membership,
    coordinator_of,
    membership_of,
)
from api.features.network.place import Place
from api.features.network.service import leave
from api.outside.network import PUSH_SECONDS, Coordinator, NetworkDown, NetworkRefused


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a workspace has come with the network; zeros while the network is away."""

    connected: bool
    published_offerings: int
    pending_requests: int


async def enroll(place: Place, contact: Contact) -> Introduced | None:
    """Introduces a new workspace: connected at once with the operator's key, else the contact gets a mail.

    None where this installation has no network, or the workspace was introduced before. Raises
    NotTaken, for a job to try again.
    """
    settings = place.settings
    if settings.network_url is None:
        return None
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        before = await membership_of(session)
    if before.is_connected or before.pending_id is not None:
        return None
    key = settings.network_admin_api_key
    bearer = key.get_secret_value() if key else None
    return await introduce(place, settings.network_url, contact, Wishes(), bearer)


async def onboarding(place: Place) -> Standing:
    """Asks the network, with no transaction open, for five seconds at most. Never fails."""
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        membership = await membership_of(session)
    coordinator = coordinator_of(place.settings, place.outbound, place.tenant_id, membership)
    if coordinator is None:
        return Standing(connected=False, published_offerings=0, pending_requests=0)
    offerings, requests = await asyncio.gather(
        _listed(coordinator, "offerings"), _listed(coordinator, "requests", status="pending")
    )
    published = [one for one in offerings if one.get("published") is True]
    return Standing(
        connected=True, published_offerings=len(published), pending_requests=len(requests)
    )


async def _listed(coordinator: Coordinator, what: str, **query: str) -> list[dict[str, Any]]:
    try:
        answer = await coordinator.ask(
            "GET", f"/vendors/me/{what}", query=query, seconds=PUSH_SECONDS
        )
    except (NetworkDown, NetworkRefused):
        return []
    found = answer.get(what)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


__all__ = [
    "CALLED",
    "Contact",
    "Introduced",
    "Membership",
    "NetworkCallFailed",
    "NetworkId",
    "NetworkNotConfigured",
    "NetworkUnreachable",
    "NotTaken",
    "OnceHeader",
    "Place",
    "Standing",
    "as_problem",
    "connected",
    "coordinator_of",
    "enroll",
    "leave",
    "membership_of",
    "onboarding",
    "relay",
]
