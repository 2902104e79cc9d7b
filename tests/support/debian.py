"""Programs of Debian's that tests drive, installed when missing: `python -m tests.support.debian`."""

import os
import shutil
import subprocess
import sys

# The program, and the package that brings it.
PROGRAMS = {"chromium": "chromium", "caddy": "caddy", "redis-server": "redis-server"}


def program(name: str) -> str:
    """Where it is; installed first where that can be done, else a sentence about what to do."""
    found = shutil.which(name)
    if found is None:
        _install(PROGRAMS[name])
        found = shutil.which(name)
    assert found is not None, f"the package {PROGRAMS[name]} brought no {name}"
    return found


def _install(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"Tests need {package}: run `apt-get install {package}` as root, then try again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    install = ["install", "--yes", "--no-install-recommends", package]
    for words in (["update"], install):
        done = subprocess.run(
            ["apt-get", *quiet, *words], env=environment, check=False, capture_output=True
        )
    if done.returncode != 0:
        sys.exit(f"apt-get could not install {package}: {done.stderr.decode().strip()}")


if __name__ == "__main__":
    for each in PROGRAMS:
        program(each)
