"""Reads a Dockerfile and does in a scratch folder what an engine would do in an image."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: `COPY`, and the rest of its line."""

    word: str
    rest: str


@dataclass(slots=True)
class Stage:
    """What an image, or a stage on the way to it, has become so far."""

    root: Path
    folder: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    user: str = ""
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    @property
    def workdir(self) -> Path:
        return self.inside(self.folder)

    def inside(self, path: str) -> Path:
        """A path of the image, absolute or from its working folder, as it is on this machine."""
        return self.root / (Path(self.folder) / path).relative_to("/")

    def variables(self, **more: str) -> dict[str, str]:
        """The image's ENV, with its own paths as they are here and its Python before ours."""
        ours = {name: self._here(value) for name, value in self.environment.items()}
        path = f"{ours.get('PATH', '$PATH')}"
        base = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin"
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        home = {"HOME": os.environ.get("HOME", "/")}
        return kept | home | ours | {"PATH": path.replace("$PATH", base)} | more

    def _here(self, value: str) -> str:
        return re.sub(r"(?<![\w.])/app\b", str(self.root / "app"), value)


def steps_of(path: Path) -> list[Step]:
    """The instructions of a Dockerfile, without comments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [Step(*line.split(maxsplit=1)) for line in lines if line.strip()]


def build(dockerfile: Path, scratch: Path) -> Stage:
    """Follows every step; the last stage is the image."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for step in steps_of(dockerfile):
        if step.word == "FROM":
            base, _, name = step.rest.partition(" AS ")
            assert base == "python:3.11-slim", "followed for this base only"
            name = name or "image"
            stage = stages[name] = Stage(scratch / name)
            stage.root.mkdir()
        else:
            assert stage is not None
            _follow(stage, step, stages)
    return stages["image"]


def _follow(stage: Stage, step: Step, stages: dict[str, Stage]) -> None:
    match step.word:
        case "WORKDIR":
            stage.folder = step.rest
            stage.workdir.mkdir(parents=True, exist_ok=True)
        case "ENV":
            name, _, value = step.rest.partition("=")
            stage.environment[name] = value
        case "COPY":
            _copy(stage, step.rest.split(), stages)
        case "RUN":
            subprocess.run(
                ["/bin/sh", "-c", step.rest], cwd=stage.workdir, env=stage.variables(), check=True
            )
        case "USER":
            stage.user = step.rest
        case "CMD":
            stage.command = json.loads(step.rest)
        case "HEALTHCHECK":
            stage.health = json.loads(step.rest.partition(" CMD ")[2])
        case "EXPOSE":
            assert step.rest.isdecimal()
        case _:
            raise AssertionError(f"nobody follows {step.word} yet")


def _copy(stage: Stage, words: list[str], stages: dict[str, Stage]) -> None:
    source = None
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")]
    *froms, target = words
    for name in froms:
        found = source.inside(name) if source else ROOT / name
        assert found.exists(), f"{name} is copied, but isn't there"
        into = stage.inside(target)
        if found.is_dir():
            # A folder's content goes into the target, which is how COPY differs from cp.
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True, ignore=_ignored)
        else:
            into = into / found.name if target.endswith("/") else into
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, into)


def _ignored(folder: str, names: list[str]) -> set[str]:
    if not Path(folder).is_relative_to(ROOT):
        return set()
    patterns = [line.removeprefix("**/") for line in (ROOT / ".dockerignore").read_text().split()]
    return {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}


def words_of(command: str | list[str]) -> list[str]:
    """A command as compose.yaml or a Dockerfile writes it."""
    return shlex.split(command) if isinstance(command, str) else list(command)
