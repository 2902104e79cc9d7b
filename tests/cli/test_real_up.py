"""The real thing: `./openpartner up` with the real API, worker and router."""

import re
import signal
from pathlib import Path

import httpx2

from cli.project import ROOT
from tests.cli.running import Running
from tests.support.ports import free_port


def follow(printed: str) -> int:
    """Does what the printed `curl` command does."""
    command = re.search(r"curl (\S+) -H 'content-type: (\S+)' \\\s+-d '(.*)'", printed)
    assert command is not None, printed
    url, kind, body = command.groups()
    return httpx2.post(url, content=body, headers={"content-type": kind}).status_code


def examine(folder: Path) -> str:
    """What the doctor says, who is told of the folder alone."""
    with Running([ROOT / "openpartner", "doctor", "--folder", folder]) as doctor:
        doctor.end()
        return doctor.output


def test_it_comes_up_and_its_next_step_works_as_printed(folder: Path) -> None:
    api, router = free_port(), free_port()
    ports = ["--api-port", str(api), "--router-port", str(router)]
    with Running([ROOT / "openpartner", "up", "--folder", folder, *ports]) as up:
        up.wait_for("arrives in the mail file")
        assert httpx2.get(f"http://localhost:{api}/ready").status_code == 200
        assert httpx2.get(f"http://localhost:{router}/health").status_code == 200
        assert follow(up.output) == 200
        up.wait_for("end of mail")
        assert "token=" in (folder / "mail.txt").read_text()
        examined = examine(folder)
        assert f"(http://localhost:{api}) leads to the api" in examined
        assert f"(http://localhost:{router}) leads to the router" in examined
        assert up.end(signal.SIGTERM) == 0
        assert up.left_over() == set()
