"""The README's tour, run as it is printed; and every file that documents name is there."""

import re
import subprocess
from pathlib import Path

import pytest

from cli.project import ROOT
from tests.cli.running import bare_environment
from tests.journeys.conftest import Up

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_the_tour_works_as_printed(up: Up, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    tour = readme.partition("## A tour")[2].partition("\n## ")[0]
    blocks = BLOCK.findall(tour)
    assert len(blocks) == 6
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=bare_environment(API=up.api, MAIL=str(up.mail), TMPDIR=str(tmp_path)),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert f"{up.router}/r/pat" in lines
    assert any(line.startswith("https://shop.example/welcome?cref=") for line in lines)
    assert "20 % of 200.00 USD is 40.00 USD." in done.stdout
    # What the text after the last block promises.
    assert '"paid":{"USD":"40.00"}' in lines[-1]
    assert '`"paid":{"USD":"40.00"}`' in readme


def test_the_two_commands_come_first() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.index("make up") < readme.index("make test") < readme.index("make demo")
    assert readme.index("## Two commands") == readme.index("## ")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    for target in LINK.findall(document.read_text()):
        assert (document.parent / target).exists(), target
