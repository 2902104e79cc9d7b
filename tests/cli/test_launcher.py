"""The launcher at the root: from any folder, and clear before anything is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cli.project import ROOT


def run(launcher: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [launcher, *arguments], cwd=cwd, check=False, capture_output=True, text=True
    )


def test_it_works_from_any_folder_and_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "openpartner"
    link.symlink_to(ROOT / "openpartner")
    for launcher in (ROOT / "openpartner", link):
        ran = run(launcher, "--help", cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
        assert "Usage: openpartner" in ran.stdout


def test_before_the_installation_it_says_what_to_do(tmp_path: Path) -> None:
    launcher = Path(shutil.copy(ROOT / "openpartner", tmp_path))
    ran = run(launcher, "up", cwd=Path("/"))
    assert ran.returncode == 1
    assert ran.stderr == "openpartner: nothing is installed yet; run `make up` first.\n"


@pytest.mark.parametrize("value", ["no number", "0", "70000"])
def test_a_port_that_is_none_is_one_line(value: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [ROOT / "openpartner", "up", "--folder", tmp_path],
        env={"API_PORT": value, "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert (
        ran.stderr == f"openpartner: API_PORT is {value!r}; set it to a number from 1 to 65535.\n"
    )
