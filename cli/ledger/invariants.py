"""`openpartner invariants`: the twenty invariants of money, tried on a live database."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.features.proofs.finding import Finding
from api.features.proofs.invariants import INVARIANTS, Invariant, broken
from api.features.proofs.service import Proof, prove
from cli.doctor.target import Target, target_of
from cli.ledger.books import Books, open_books
from cli.ledger.verify import Tenant
from cli.project import FOLDER

MOST_SHOWN = 20


def invariants(
    folder: Annotated[Path, typer.Option(help="The installation to read.")] = FOLDER,
    tenant: Tenant = None,
) -> None:
    """Try the twenty invariants of money on this database; exit with 1 if one is broken."""
    with target_of(folder.resolve()) as target:
        found = asyncio.run(_all(target, tenant))
    for invariant in INVARIANTS:
        print(_verdict(invariant, found[invariant.number]))
    raise typer.Exit(1 if any(found.values()) else 0)


async def _all(target: Target, tenant: str | None) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    async with open_books(target, tenant) as books:
        for each in books.tenants:
            await _one(books, each, found)
    return found


async def _one(books: Books, tenant: UUID, found: defaultdict[int, list[str]]) -> None:
    by_part: defaultdict[str, list[Finding]] = defaultdict(list)
    async with books.of(tenant) as session:
        async for finding in prove(session, Proof()):
            if len(by_part[finding.check]) < MOST_SHOWN:
                by_part[finding.check].append(finding)
        for invariant in INVARIANTS:
            broken_here = [finding async for finding in broken(session, invariant)]
            broken_here += [one for part in invariant.parts for one in by_part[part]]
            found[invariant.number] += [f"{tenant}: {one}" for one in broken_here[:MOST_SHOWN]]


def _verdict(invariant: Invariant, found: list[str]) -> str:
    lines = [f"{'BROKEN' if found else 'holds '} {invariant.number:>2}  {invariant.sentence}"]
    if invariant.elsewhere:
        lines.append(f"            {invariant.elsewhere}")
    return "\n".join([*lines, *(f"            {one}" for one in found)])
