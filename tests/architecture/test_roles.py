"""Processes refuse to start as a database role that could see through the walls: one line, exit 1."""

import os
import subprocess
import sys

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.support.databases import ROOT, Databases

SEER = "sees_through_walls"


@pytest.fixture(scope="module")
async def stronger(databases: Databases) -> dict[str, str]:
    """A database's address for each role that is too strong, by what it is."""
    scratch = await databases.fresh()
    connection = await asyncpg.connect(scratch.superuser)
    try:
        await connection.execute(
            f"create role {SEER} login password 'x' bypassrls in role openpartner_app"
        )
        await connection.execute(
            "create role owners_friend login password 'x' in role openpartner_owner"
        )
    finally:
        await connection.close()
    app = make_url(scratch.urls.app)
    return {
        "superuser": driven(scratch.superuser),
        "owner": scratch.urls.owner,
        "bypassrls": app.set(username=SEER, password="x").render_as_string(hide_password=False),
        "member of the owner": app.set(username="owners_friend", password="x").render_as_string(
            hide_password=False
        ),
    }


def driven(url: str) -> str:
    return make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


@pytest.mark.parametrize("strength", ["superuser", "owner", "bypassrls", "member of the owner"])
@pytest.mark.parametrize("module", ["api.serve", "api.worker"])
def test_a_process_refuses_to_start_as_a_stronger_role(
    module: str, strength: str, stronger: dict[str, str]
) -> None:
    started = run(module, stronger[strength])
    assert started.returncode == 1
    said = (started.stdout + started.stderr).strip()
    assert len(said.splitlines()) == 1, said
    assert "walls between tenants" in said
    assert "secret" not in said


def run(module: str, url: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "OPENPARTNER_ENV": "development",
        "SECRETS_ENCRYPTION_KEY": "11" * 32,
        "DATABASE_URL_APP": url,
    }
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,  # Importing everything takes seconds of CPU, and a busy machine has few.
        check=False,
    )
