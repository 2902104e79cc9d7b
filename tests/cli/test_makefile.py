"""The Makefile: `make` alone lists every task."""

import re
import subprocess

from cli.project import ROOT


def test_help_is_the_default_and_lists_every_task() -> None:
    said = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    tasks = {task for task in phony[1].split() if not task.startswith(".")}
    assert set(re.findall(r"make ([a-z]+) ", said)) == tasks


def test_continuous_integration_runs_what_everybody_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in script if not line.startswith("#")] == [
        'cd -- "$(dirname -- "$0")/.." && exec make test'
    ]
