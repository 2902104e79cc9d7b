"""`requirements/install`: quick when nothing changed, thorough when something did."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.project import ROOT


class Project:
    """A scratch project whose locks name nothing, so that installing them needs no network."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        (root / "requirements").mkdir()
        shutil.copy(ROOT / "requirements" / "install", root / "requirements")
        for name in ("local", "dev"):
            self.lock(name, "first")

    def lock(self, name: str, text: str) -> None:
        (self.root / "requirements" / f"{name}.txt").write_text(f"# {name}: {text}\n")

    def install(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "requirements" / "install", name],
            env={**os.environ, "PYTHON": sys.executable, **environment},
            check=False,
            capture_output=True,
            text=True,
        )

    def installs(self, name: str) -> bool:
        """Whether a run had anything to do."""
        ran = self.install(name)
        assert ran.returncode == 0, ran.stderr
        return "Installing" in ran.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    assert project.installs("local")
    return project


@pytest.fixture
def project(made: Project) -> Project:
    """As after a first `make up`."""
    for name in ("local", "dev"):
        made.lock(name, "first")
    made.installs("dev")
    made.lock("dev", "unlike what was installed")
    made.installs("local")
    made.lock("dev", "first")
    return made


def test_a_second_run_has_nothing_to_do(project: Project) -> None:
    assert not project.installs("local")


def test_a_changed_lock_is_installed_once(project: Project) -> None:
    project.lock("local", "second")
    assert project.installs("local")
    assert not project.installs("local")


def test_going_back_to_the_earlier_lock_installs_it_again(project: Project) -> None:
    project.lock("local", "second")
    project.installs("local")
    project.lock("local", "first")
    assert project.installs("local")


def test_what_the_tests_installed_is_enough_to_start(project: Project) -> None:
    assert project.installs("dev")
    assert not project.installs("local")
    assert not project.installs("dev")


def test_a_run_that_was_broken_off_starts_over(project: Project) -> None:
    half_installed = project.venv / "half-installed"
    half_installed.touch()
    (project.venv / "installing").touch()
    assert project.installs("local")
    assert not half_installed.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(project: Project) -> None:
    (project.venv / "bin" / "python").unlink()
    assert project.installs("local")
    assert (project.venv / "bin" / "python").exists()


def test_a_lock_that_cannot_be_installed_is_tried_again(project: Project) -> None:
    lock = project.root / "requirements" / "local.txt"
    lock.write_text("not-a-package-of-ours @ file:///nowhere\n")
    failed = project.install("local")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    project.lock("local", "first")
    assert project.installs("local")


def test_without_a_python_that_is_new_enough_it_says_so(tmp_path: Path) -> None:
    project = Project(tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("dirname", "cmp", "rm", "sh"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    ran = project.install("local", PATH=str(programs), PYTHON="")
    assert ran.returncode == 1
    assert ran.stderr.startswith("No Python 3.11 or newer was found;")
    assert not project.venv.exists()
