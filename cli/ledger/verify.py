"""`openpartner ledger verify`: works every amount out anew, and follows the chain of seals."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.features.proofs.service import Proof, prove
from cli.doctor.target import Target, target_of
from cli.ledger.books import open_books
from cli.project import FOLDER

MOST_SHOWN = 100
Tenant = Annotated[str | None, typer.Option(help="One workspace only, by its id or slug.")]

ledger = typer.Typer(help="The ledger: every movement of partners' money.", no_args_is_help=True)


@ledger.callback()
def about() -> None:
    """A group of its own, so that commands can join it."""


@ledger.command()
def verify(
    folder: Annotated[Path, typer.Option(help="The installation to read.")] = FOLDER,
    tenant: Tenant = None,
    expect: Annotated[
        str | None,
        typer.Option(
            help="A head of the chain, as this command printed it earlier; with --tenant."
        ),
    ] = None,
) -> None:
    """Recompute the ledger from raw facts; exit with 1 if a single cent or seal is wrong.

    Changes nothing. Write the head that it prints down elsewhere, and hand it in with --expect: then
    not even somebody who rules the database can rewrite what came before it.
    """
    if expect is not None and tenant is None:
        raise typer.BadParameter("--expect is of one workspace; say which with --tenant")
    with target_of(folder.resolve()) as target:
        is_right = asyncio.run(_verify(target, tenant, expect))
    raise typer.Exit(0 if is_right else 1)


async def _verify(target: Target, tenant: str | None, expect: str | None) -> bool:
    is_right = True
    async with open_books(target, tenant) as books:
        for each in books.tenants:
            proof, found = Proof(), 0
            async with books.of(each) as session:
                async for finding in prove(session, proof, expect):
                    found += 1
                    if found <= MOST_SHOWN:
                        print(f"WRONG  {finding}")
            if found > MOST_SHOWN:
                print(f"       and {found - MOST_SHOWN} more")
            is_right = is_right and not found
            print(_verdict(str(each), proof, found))
    return is_right


def _verdict(tenant: str, proof: Proof, found: int) -> str:
    chain, tally = proof.chain, proof.tally
    read = (
        f"{chain.entries} entries, {chain.postings} postings, {tally.events} credited events,"
        f" {tally.commissions} commissions; head {chain.head}"
    )
    return f"{'WRONG' if found else 'OK   '}  {tenant}: {read}"
