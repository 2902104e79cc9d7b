"""Every night the sums are proved, so that nobody has to think of it."""

import structlog

from api.features.proofs.invariants import INVARIANTS, broken
from api.jobs.job import JobContext, every

log = structlog.get_logger()


class BooksBroken(RuntimeError):
    """An invariant of money doesn't hold; the log says which, and what breaks it."""


@every("40 5 * * *", "money-invariants")
async def prove_invariants(context: JobContext) -> None:
    """Tells what is wrong, and fails, so that it is seen.

    `openpartner ledger verify` works out every single amount, which takes longer than a job should.
    """
    numbers = set()
    async with context.database.tenant_session(
        context.tenant_id, read_only=True, snapshot=True
    ) as session:
        for invariant in INVARIANTS:
            async for finding in broken(session, invariant):
                numbers.add(invariant.number)
                log.error(
                    "invariant_broken",
                    tenant_id=str(context.tenant_id),
                    number=invariant.number,
                    sentence=invariant.sentence,
                    finding=str(finding),
                )
    if numbers:
        raise BooksBroken(f"invariants {sorted(numbers)}")
