"""`openpartner jobs`: the schedule, and each piece of it by hand."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import text

from api.job_list import JOBS_OF_FEATURES
from api.jobs.job import CHORES, Chore
from api.jobs.schedule import Scheduler
from api.outside.world import World
from api.settings import Settings
from cli.errors import CommandError
from cli.installation import on_installation
from cli.project import FOLDER
from shared.database import Database

LAST = text("select max(due_at) from ticks where name = :name and finished_at is not null")
OUTCOME = text("select outcome from ticks where name = :name and due_at = :due")
Folder = Annotated[Path, typer.Option(help="The installation whose schedule it is.")]

jobs = typer.Typer(help="What the schedule does, and each of it by hand.", no_args_is_help=True)


@jobs.command("list")
def list_jobs(folder: Folder = FOLDER) -> None:
    """Show what is scheduled, when (UTC), and what came of it the last time."""

    async def task(database: Database, _: Settings) -> list[str]:
        async with database.unpinned_session() as session:
            lines = []
            for chore in sorted(CHORES.values(), key=lambda each: each.name):
                due = await session.scalar(LAST, {"name": chore.name})
                came = await session.scalar(OUTCOME, {"name": chore.name, "due": due})
                told = f"{due:%Y-%m-%d %H:%M} {came}" if due else "never yet"
                lines.append(f"{chore.name:<28} {chore.cron:<14} {told}")
            return lines

    for line in on_installation(folder.resolve(), task):
        print(line)


@jobs.command()
def run(
    name: Annotated[str, typer.Argument(help="As `openpartner jobs list` shows it.")],
    tenant: Annotated[
        str | None, typer.Option(help="One workspace only, by its slug; all without it.")
    ] = None,
    folder: Folder = FOLDER,
) -> None:
    """Do it now, whatever the calendar says; exit with 1 if it failed for anybody."""
    chore = _chore(name)
    if tenant is not None and not chore.per_tenant:
        raise CommandError(f"{name} is of the whole installation; leave --tenant out")

    async def task(database: Database, settings: Settings) -> int | None:
        whose = None if tenant is None else await _tenant(database, tenant)
        return await Scheduler(database, settings, World.of(settings)).by_hand(chore, whose)

    failed = on_installation(folder.resolve(), task)
    if failed is None:
        raise CommandError(f"{name} is running just now; wait until it has ended")
    print(f"{name}: done" if not failed else f"{name}: failed for {failed}; the log says why")
    raise typer.Exit(1 if failed else 0)


def _chore(name: str) -> Chore:
    assert JOBS_OF_FEATURES  # noqa: S101  # importing them is what declares them
    if name not in CHORES:
        raise CommandError(f"nothing scheduled is called {name}; see `openpartner jobs list`")
    return CHORES[name]


async def _tenant(database: Database, slug: str) -> UUID:
    async with database.unpinned_session() as session:
        found: UUID | None = await session.scalar(
            text("select id from tenant_by_slug(:slug)"), {"slug": slug.lower()}
        )
    if found is None:
        raise CommandError(f"there is no workspace {slug}")
    return found
