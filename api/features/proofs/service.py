"""The whole proof of one tenant's ledger, in one snapshot, finding by finding."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.chain import Chain, follow
from api.features.proofs.commissions import Tally, recompute
from api.features.proofs.finding import Finding
from api.features.proofs.sums import SUMS, violations


@dataclass(slots=True)
class Proof:
    """What was read while proving."""

    chain: Chain = field(default_factory=Chain)
    tally: Tally = field(default_factory=Tally)


async def prove(
    session: AsyncSession, proof: Proof, expected: str | None = None
) -> AsyncIterator[Finding]:
    """Chain, balance and every sum; memory stays the same however long the ledger is.

    `expected` is a head of the chain that was written down earlier. The session sees one moment.
    """
    async for finding in follow(session, proof.chain, expected):
        yield finding
    async for finding in recompute(session, proof.tally):
        yield finding
    for check in SUMS:
        for finding in await violations(session, check):
            yield finding
