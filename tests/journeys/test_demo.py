"""The demo: it plays, plays again, finds what is off, and leaves others' data alone."""

import subprocess
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from cli.demo.story import CRAWLERS, VISITS, Invoice, invoices, visits
from cli.main import app
from cli.project import ROOT
from tests.cli.running import bare_environment
from tests.journeys.conftest import Up

HOLDS = "sums and states are as they should be."


def play(up: Up) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "openpartner", "demo", "--folder", up.folder],
        cwd="/",
        env=bare_environment(**up.environment),
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_story_is_what_the_issue_tells() -> None:
    story = visits()
    assert len(story) == VISITS == 300
    assert sum(visit.is_crawler for visit in story) == CRAWLERS
    assert {invoice.currency for invoice in invoices()} == {"USD", "JPY"}
    assert Invoice(0, 0, Decimal("200.00"), "USD").commission == Decimal("40.00")
    assert str(Invoice(0, 0, Decimal("0.03"), "USD").commission) == "0.01"
    assert str(Invoice(0, 0, Decimal(3), "JPY").commission) == "1"


def test_it_plays_on_what_runs_here_and_plays_again(up: Up) -> None:
    for _ in range(2):
        done = play(up)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Playing on {up.api}" in done.stdout
        assert HOLDS in done.stdout


def test_a_sum_that_is_off_is_said_and_fails(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    right = vars(Invoice)["commission"].fget
    off = property(lambda it: right(it) + (it.currency == "USD") * Decimal("0.01"))
    monkeypatch.setattr(Invoice, "commission", off)
    for name, value in up.environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["demo", "--folder", str(up.folder)])
    assert done.exit_code == 1
    assert "WRONG: 20 % of 200.00 USD is ['40.00'], and should be ['40.01']" in done.output
    assert HOLDS not in done.output


def test_it_plays_beside_an_installation_that_is_somebodys(tmp_path: Path, up: Up) -> None:
    # What runs there was set up by another, as far as this mail file tells.
    (tmp_path / "mail.txt").touch()
    assert httpx2.get(f"{up.api}/api/install/status").json() == {"needsSetup": False}
    done = play(Up(tmp_path, up.api_port, up.router_port))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{up.api} is somebody's already, so this plays beside it." in done.stdout
    assert "Starting an OpenPartner of its own" in done.stdout
    assert HOLDS in done.stdout
