"""`openpartner invariants`: the twenty invariants of money, tried on a live database."""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer

from api.features.proofs.invariants import INVARIANTS, Invariant
from api.features.proofs.service import by_invariant
from cli.doctor.target import Target, target_of
from cli.ledger.books import open_books
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
            async with books.of(each) as session:
                for number, here in (await by_invariant(session, MOST_SHOWN)).items():
                    found[number] += [f"{each}: {one}" for one in here]
    return found


def _verdict(invariant: Invariant, found: list[str]) -> str:
    lines = [f"{'BROKEN' if found else 'holds '} {invariant.number:>2}  {invariant.sentence}"]
    if invariant.elsewhere:
        lines.append(f"            {invariant.elsewhere}")
    return "\n".join([*lines, *(f"            {one}" for one in found)])
