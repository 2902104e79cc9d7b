"""The whole proof of one tenant's ledger, in one snapshot, finding by finding."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.chain import Chain, follow
from api.features.proofs.commissions import Tally, recompute
from api.features.proofs.finding import Finding
from api.features.proofs.invariants import INVARIANTS, broken
from api.features.proofs.repricings import rescaled
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
    async for finding in rescaled(session):
        yield finding
    for check in SUMS:
        for finding in await violations(session, check):
            yield finding


async def by_invariant(session: AsyncSession, most: int) -> dict[int, list[Finding]]:
    """What breaks each of the twenty invariants, by its number, `most` of each at the most."""
    by_part: defaultdict[str, list[Finding]] = defaultdict(list)
    async for finding in prove(session, Proof()):
        if len(by_part[finding.check]) < most:
            by_part[finding.check].append(finding)
    found: dict[int, list[Finding]] = {}
    for invariant in INVARIANTS:
        here = [finding async for finding in broken(session, invariant)]
        here += [one for part in invariant.parts for one in by_part[part]]
        found[invariant.number] = here[:most]
    return found
