"""`openpartner doctor`: the order of the examination, and how it is shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from cli.database_urls import database_of, parse
from cli.doctor.addresses import examine_addresses, examine_consistency
from cli.doctor.disk import examine_disk
from cli.doctor.finding import Finding, Level, fail
from cli.doctor.jobs import examine_jobs
from cli.doctor.mail import examine_mail, stored_settings
from cli.doctor.postgres import MIGRATE, examine_clock, examine_migrations, version_found
from cli.doctor.roles import examine_roles
from cli.doctor.target import Target, target_of
from cli.doctor.variables import examine_variables, settings_of
from cli.doctor.walls import examine_partitions, examine_walls
from cli.errors import CommandError
from cli.project import FOLDER
from cli.roles import connect

CLOSE_SECONDS = 5
Examination = Callable[[asyncpg.Connection], AsyncIterator[Finding]]
CATALOGUE: tuple[Examination, ...] = (
    examine_clock,
    examine_migrations,
    examine_roles,
    examine_walls,
    examine_partitions,
)


def doctor(
    folder: Annotated[Path, typer.Option(help="The installation to examine.")] = FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Examine environment, database, roles, mail and addresses, and say what to fix."""
    try:
        with target_of(folder.resolve()) as target:
            findings = asyncio.run(examine(target))
    except CommandError as error:
        findings = [fail("database", str(error), "Then run `openpartner doctor` again.")]
    is_well = all(finding.level is not Level.FAIL for finding in findings)
    if as_json:
        shown = {"ok": is_well, "findings": [finding.as_json() for finding in findings]}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            print(finding.as_lines())
    raise typer.Exit(0 if is_well else 1)


async def examine(target: Target) -> list[Finding]:
    """Everything that can be looked at, in the order in which one thing stands on another."""
    findings = [*target.findings, *examine_variables(target.variables)]
    stored = await _examine_database(target, findings)
    if (settings := settings_of(target.variables)) is not None:
        findings += examine_mail(settings, stored)
    findings += examine_consistency(target.variables)
    if target.is_running:
        findings += examine_addresses(target.variables)
    findings += examine_disk(target.variables, target.folder)
    return findings


async def _examine_database(target: Target, findings: list[Finding]) -> dict[str, object] | None:
    """Adds what the database tells; returns the mail settings that are stored in it."""
    app = await _login("DATABASE_URL_APP", target.app_url, findings)
    router = await _login("DATABASE_URL_ROUTER", target.router_url, findings)
    if router is not None:
        await router.close()
    there = app or await _administrator(target, findings)
    if there is None:
        return None
    try:
        findings.append(version_found(there))
        if findings[-1].level is Level.FAIL:
            return None
        for examination in CATALOGUE:
            findings += await _carefully(examination, there)
        if app is None:
            return None
        findings += await _carefully(examine_jobs, there)
        return await _stored(there)
    finally:
        await there.close(timeout=CLOSE_SECONDS)


async def _login(name: str, url: str | None, findings: list[Finding]) -> asyncpg.Connection | None:
    """As the role itself: whether it gets in says more than whether it exists."""
    if url is None:
        return None
    try:
        return await connect(parse(url))
    except CommandError as error:
        findings.append(fail("database", str(error), f"See {name}, and whether the server runs."))
    except asyncpg.PostgresError as error:
        findings.append(fail("roles", f"{parse(url).username} can't log in: {error}.", MIGRATE))
    return None


async def _administrator(target: Target, findings: list[Finding]) -> asyncpg.Connection | None:
    """Where our own role doesn't get in, the one who made it may still say why."""
    if target.privileged_url is None:
        return None
    privileged = parse(target.privileged_url)
    try:
        return await connect(privileged.set(database=database_of(target.privileged_url)))
    except (CommandError, asyncpg.PostgresError) as error:
        findings.append(fail("database", f"{error}", "Check DATABASE_URL, then " + MIGRATE))
    return None


async def _carefully(examination: Examination, there: asyncpg.Connection) -> list[Finding]:
    """What one question stumbles over must not hide the answers of the others."""
    found: list[Finding] = []
    try:
        found.extend([finding async for finding in examination(there)])
    except asyncpg.PostgresError as error:
        name = examination.__name__.removeprefix("examine_")
        found.append(fail(name, f"This could not be looked at: {error}.", MIGRATE))
    return found


async def _stored(there: asyncpg.Connection) -> dict[str, object] | None:
    try:
        return await stored_settings(there)
    except asyncpg.PostgresError:
        return None  # Not migrated, as was already said.
