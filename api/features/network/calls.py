"""Calls to the coordinator on somebody's behalf, and what becomes of their failures."""

from typing import Annotated, Any

from fastapi import Header, Path

from api.features.network.errors import (
    BY_STATUS,
    Distrusted,
    Misfit,
    NetworkCallFailed,
    NetworkNotConfigured,
    NetworkUnreachable,
)
from api.features.network.membership import coordinator_of, membership_of
from api.features.network.place import Place
from api.outside.network import Coordinator, Json, NetworkDown, NetworkRefused

UNAUTHORIZED = 401
UNREACHABLE = "network_unreachable: "


async def connected(place: Place) -> Coordinator:
    """The workspace's coordinator, looked up in a transaction that is over by then.

    Raises NetworkNotConfigured.
    """
    async with place.database.tenant_session(place.tenant_id, read_only=True) as session:
        membership = await membership_of(session)
    found = coordinator_of(place.settings, place.outbound, place.tenant_id, membership)
    if found is None:
        raise NetworkNotConfigured
    return found


def as_problem(problem: NetworkDown | NetworkRefused) -> NetworkUnreachable | NetworkCallFailed:
    """A failed call as callers see it.

    A 401 becomes 502: it is our token that the network refuses, not the caller's, who would be
    signed out by it.
    """
    if isinstance(problem, NetworkDown):
        return NetworkUnreachable(detail=f"{UNREACHABLE}{problem}")
    family = BY_STATUS.get(problem.status, Misfit if problem.status != UNAUTHORIZED else Distrusted)
    said = {"networkError": problem.code or None}
    if problem.sentence:
        said["detail"] = problem.sentence
    return family(**said)


async def relay(
    place: Place, method: str, path: str, body: Json | None = None, **options: Any
) -> Json:
    """Asks on behalf of the workspace; the answer as it is. Raises what CALLED declares."""
    coordinator = await connected(place)
    try:
        return await coordinator.ask(method, path, body, **options)
    except (NetworkDown, NetworkRefused) as problem:
        raise as_problem(problem) from problem


# Ids of the network's own, which we only pass on.
NetworkId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]
OnceHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern="^[\x21-\x7e]+$",
        description="Passed on: the network carries a repeated request out once.",
    ),
]
