"""The chain of seals, worked out anew: nothing was changed, taken out, put in or moved."""

from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.proofs.finding import Finding

ROWS = 1000
FIRST = bytes(32)

# In one pass and in the order of the seals, so that it takes no memory however many there are.
SEALED = text(
    """
    select s.seq, s.entry_id, s.prev_hash, s.hash, e.key, e.kind, e.details::text as details,
        (extract(epoch from e.created_at) * 1000000)::bigint as micros, l.lines
    from ledger_seals s
    left join ledger_entries e on e.tenant_id = s.tenant_id and e.id = s.entry_id
    left join lateral (
        select string_agg(concat_ws('|', p.number, p.account, coalesce(p.partner_id::text, ''),
            p.currency, p.amount_minor, coalesce(p.commission_id::text, ''),
            coalesce(p.payout_id::text, '')), E'\\n' order by p.number) as lines
        from ledger_postings p where p.tenant_id = s.tenant_id and p.entry_id = s.entry_id
    ) l on true
    order by s.seq
    """
)
UNSEALED = text(
    """
    select e.key from ledger_entries e where not exists (
        select from ledger_seals s where s.tenant_id = e.tenant_id and s.entry_id = e.id)
    order by e.id limit 100
    """
)


@dataclass(slots=True)
class Chain:
    """How far the chain has been followed. The head, once written down elsewhere, proves the past."""

    entries: int = 0
    postings: int = 0
    seq: int = 0
    hash: bytes = FIRST

    @property
    def head(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


async def follow(
    session: AsyncSession, chain: Chain, expected: str | None = None
) -> AsyncIterator[Finding]:
    """Goes along the chain from its beginning; `expected` is a head that was written down earlier."""
    wanted_seq, _, wanted_hash = (expected or "").partition(":")
    rows = await session.stream(SEALED, execution_options={"yield_per": ROWS})
    async for row in rows:
        for finding in _link(chain, row):
            yield finding
        chain.seq, chain.hash = row.seq, bytes(row.hash)
        if str(row.seq) == wanted_seq and row.hash.hex() != wanted_hash:
            yield Finding(
                "chain", f"seal {row.seq}", "is not the one that was written down earlier"
            )
    if wanted_seq and (not wanted_seq.isdecimal() or int(wanted_seq) > chain.seq):
        yield Finding("chain", f"seal {wanted_seq}", "was written down earlier, and is gone")
    for key in await session.scalars(UNSEALED):
        yield Finding("chain", f"entry {key}", "has no seal")


def _link(chain: Chain, row: Any) -> list[Finding]:
    subject = f"seal {row.seq}" if row.key is None else f"entry {row.key}"
    found = []
    if row.seq != chain.seq + 1:
        found.append(Finding("chain", f"seal {chain.seq + 1}", "is missing"))
    if bytes(row.prev_hash) != chain.hash:
        found.append(Finding("chain", subject, "does not follow the seal before it"))
    if row.key is None:
        return [*found, Finding("chain", subject, "seals an entry that is gone")]
    if sha256(bytes(row.prev_hash) + _text(row).encode()).digest() != bytes(row.hash):
        found.append(Finding("chain", subject, "was changed after it was sealed"))
    chain.entries += 1
    return found + _balanced(chain, row.lines, subject)


def _text(row: Any) -> str:
    head = f"{row.entry_id}|{row.key}|{row.kind}|{row.micros}|{row.details}"
    return head if row.lines is None else f"{head}\n{row.lines}"


def _balanced(chain: Chain, lines: str | None, subject: str) -> list[Finding]:
    sums: defaultdict[str, int] = defaultdict(int)
    for line in (lines or "").splitlines():
        chain.postings += 1
        _, _, _, currency, amount, _, _ = line.split("|")
        sums[currency] += int(amount)
    if not sums:
        return [Finding("balance", subject, "has no postings")]
    return [
        Finding("balance", subject, f"is out of balance by {amount} minor units of {currency}")
        for currency, amount in sums.items()
        if amount
    ]
