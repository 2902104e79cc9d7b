"""Whose an event is: what it says of itself counts only where our own books agree."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.stripe_events.heard import Heard
from api.features.stripe_events.names import (
    PAYOUT,
    TENANT,
    cref_of,
    customer_of,
    references_of,
    stated_metadata,
    user_of,
    uuid_of,
)
from shared.visitor import clicked_at

# Strongest first. A visitor can write a click id into a payment link, and nothing else.
PROOFS = ("billing", "reference", "account", "payout", "customer", "click")
FIND = text(
    "select * from stripe_tenants(:known, :click, :clicked, :payout, :account, :claimed, :customer)"
).bindparams(
    bindparam("known", type_=ARRAY(String)), bindparam("clicked", type_=DateTime(timezone=True))
)
FIND_BILLED = text("select tenant_of_billing_customer(:customer)")


class Unresolved(Exception):
    """Nobody's, as far as we know: `unresolved_tenant`, or `tenant_mismatch` with what it claims."""

    def __init__(self, reason: Literal["unresolved_tenant", "tenant_mismatch"]) -> None:
        super().__init__(reason)
        self.reason = reason


async def tenant_of(session: AsyncSession, heard: Heard) -> UUID:
    """In a session without a tenant. Raises Unresolved."""
    found = await _pointed_to(session, heard)
    claimed = uuid_of(stated_metadata(heard.subject).get(TENANT))
    return decide(found, None if heard.account else claimed)


async def _pointed_to(session: AsyncSession, heard: Heard) -> set[tuple[UUID, str]]:
    metadata = stated_metadata(heard.subject)
    if heard.account is not None:
        # Whoever owns a connected account writes what they like into it: only who they are counts.
        evidence = {**NOTHING, "account": heard.account}
        return {tuple(row) for row in (await session.execute(FIND, evidence)).all()}
    cref = uuid_of(cref_of(heard.subject))
    customer = customer_of(heard.subject)
    evidence = {
        **NOTHING,
        "known": references_of(heard),
        "click": cref,
        "clicked": None if cref is None else clicked_at(cref),
        "payout": uuid_of(metadata.get(PAYOUT)),
        "claimed": uuid_of(metadata.get(TENANT)),
        "customer": user_of(metadata) or customer,
    }
    found = {tuple(row) for row in (await session.execute(FIND, evidence)).all()}
    billed = await session.scalar(FIND_BILLED, {"customer": customer}) if customer else None
    return found | ({(billed, "billing")} if billed else set())


NOTHING: dict[str, Any] = {
    "known": [], "click": None, "clicked": None, "payout": None, "account": None, "claimed": None,
    "customer": None,
}  # fmt: skip


def decide(found: set[tuple[UUID, str]], claimed: UUID | None) -> UUID:
    """The tenant that the strongest proof names; two of them must not both be right."""
    for proof in PROOFS:
        named = {tenant for tenant, by in found if by == proof}
        if not named:
            continue
        if claimed is not None and claimed not in named:
            raise Unresolved("tenant_mismatch")
        if len(named) == 1:
            return named.pop()
        if claimed is not None:
            return claimed
        raise Unresolved("unresolved_tenant")
    raise Unresolved("unresolved_tenant")
