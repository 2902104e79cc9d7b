"""The import contracts hold, and each of them can fail: a deliberate violation is seen."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.tree import LEFT_BEHIND, ROOT

PACKAGES = ("api", "router", "shared", "cli")
LINT = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"

# For each contract a file and the line that breaks it.
VIOLATIONS = {
    "Processes apart: they share tables, never code paths": (
        "router/pages.py",
        "import api.errors",
    ),
    "The router is slim: no heavy library, and only the tables it reads and writes": (
        "router/pages.py",
        "import shared.models.partner",
    ),
    "Shared knows tables, not the web": ("shared/clock.py", "import starlette.requests"),
    "main > routes > features > access > web > jobs > errors, fields": (
        "api/errors.py",
        "import api.access.roles",
    ),
    "Inside a feature: routes > for_others > service > queries > schemas > errors": (
        "api/features/campaigns/errors.py",
        "import api.features.campaigns.schemas",
    ),
    "Features meet only in for_others.py": (
        "api/features/analytics/service.py",
        "import api.features.terms.service",
    ),
    "Rules do not know HTTP": ("api/features/campaigns/service.py", "import fastapi"),
    "Mail's libraries stand behind one file": (
        "api/features/campaigns/service.py",
        "import aiosmtplib",
    ),
    "Stripe's library stands behind one file": (
        "api/features/campaigns/service.py",
        "import stripe",
    ),
    "No import rings, at any level": ("api/web/problems.py", "import api.web.openapi"),
}


def contracts() -> list[str]:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in configured["tool"]["importlinter"]["contracts"]]


def lint(folder: Path) -> tuple[int, list[str]]:
    """The exit code, and the contracts that are broken."""
    run = subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)\b", run.stdout, re.MULTILINE)
    assert [name for name, _ in verdicts] == contracts(), run.stdout + run.stderr
    return run.returncode, [name for name, verdict in verdicts if verdict == "BROKEN"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and the contracts, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns(*LEFT_BEHIND)
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold() -> None:
    assert lint(ROOT) == (0, [])


def test_every_contract_has_a_violation_to_prove_it() -> None:
    assert set(VIOLATIONS) == set(contracts())


@pytest.mark.parametrize("contract", contracts())
def test_a_violation_is_seen(contract: str, copy: Path) -> None:
    name, line = VIOLATIONS[contract]
    path = copy / name
    honest = path.read_text()
    path.write_text(f"{honest}\n{line}\n")
    try:
        exit_code, broken = lint(copy)
    finally:
        path.write_text(honest)
    assert exit_code == 1
    assert contract in broken
