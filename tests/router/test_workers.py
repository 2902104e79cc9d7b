"""Several processes on one port: none of their visitors notices when one of them goes."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from tests.router.running import BROWSER, MASTER_KEY, cref_of
from tests.router.shop import eventually, open_shop
from tests.support.databases import Scratch

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def workers(
    scratch: Scratch, folder: Path, url: str | None = None
) -> AsyncIterator[tuple[Process, str]]:
    """Two of them, and the address that they share."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router.serve", cwd=ROOT, stdout=PIPE, stderr=PIPE,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL_ROUTER": url or scratch.urls.router,
            "SECRETS_ENCRYPTION_KEY": MASTER_KEY,
            "OPENPARTNER_TENANCY": "multi",
            "ROUTER_PORT": str(port),
            "ROUTER_WORKERS": "2",
            "ROUTER_IP_CAP_MAX": "1000000",
            "ROUTER_JOURNAL_DIR": str(folder),
        },
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def children(process: Process) -> set[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(pid) for pid in listed.split()}


async def follow(address: str, path: str) -> str:
    """A visitor with a connection of their own."""
    async with httpx2.AsyncClient(headers={"user-agent": BROWSER}) as http:
        return cref_of(await http.get(address + path))


async def test_fault_28_a_reload_loses_no_request(scratch: Scratch, tmp_path: Path) -> None:
    shop = await open_shop(scratch)
    path = await shop.link()
    async with workers(scratch, tmp_path) as (process, address):

        async def answers() -> bool:
            return len(children(process)) == 2

        await eventually(answers)
        crefs = [await follow(address, path)]
        before = children(process)
        process.send_signal(signal.SIGHUP)
        while children(process) & before or len(children(process)) != 2:
            crefs.append(await follow(address, path))
        crefs.append(await follow(address, path))
        process.terminate()
        _, err = await process.communicate()
    assert process.returncode == 0, err
    assert len(crefs) > 2
    assert {str(click["id"]) for click in await shop.clicks()} == set(crefs)


async def test_a_worker_that_dies_is_replaced(scratch: Scratch, tmp_path: Path) -> None:
    shop = await open_shop(scratch)
    path = await shop.link()
    async with workers(scratch, tmp_path) as (process, address):

        async def both() -> bool:
            return len(children(process)) == 2

        await eventually(both)
        before = children(process)
        await follow(address, path)
        os.kill(min(before), signal.SIGKILL)

        async def replaced() -> bool:
            now = children(process)
            return len(now) == 2 and now != before

        await eventually(replaced)
        await follow(address, path)


async def test_workers_end_with_their_parent(scratch: Scratch, tmp_path: Path) -> None:
    shop = await open_shop(scratch)
    path = await shop.link()
    async with workers(scratch, tmp_path) as (process, address):

        async def both() -> bool:
            return len(children(process)) == 2

        await eventually(both)
        await follow(address, path)
        orphans = children(process)
        process.kill()

        async def gone() -> bool:
            return not any(is_running(pid) for pid in orphans)

        await eventually(gone)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_what_a_worker_refuses_ends_all_with_its_words(
    scratch: Scratch, tmp_path: Path
) -> None:
    async with workers(scratch, tmp_path, scratch.superuser) as (process, _):
        _, err = await process.communicate()
        assert process.returncode == 1
        assert b"must connect as openpartner_router" in err


async def figure(address: str, name: str) -> float:
    """As one scrape shows it, whichever worker answers."""
    async with httpx2.AsyncClient() as http:
        text = (await http.get(f"{address}/metrics")).text
    [line] = [line for line in text.splitlines() if line.startswith(name + " ")]
    return float(line.split()[1])


def left_behind(folder: Path) -> list[Path]:
    return list(folder.glob("figures-*"))


async def test_metrics_are_about_all_workers_and_never_fall(
    scratch: Scratch, tmp_path: Path
) -> None:
    shop = await open_shop(scratch)
    path = await shop.link()
    name, stored = 'router_answers_total{answer="redirect"}', "router_clicks_stored_total"
    async with workers(scratch, tmp_path) as (process, address):

        async def answers() -> bool:
            return len(children(process)) == 2

        async def all_seen() -> bool:
            seen = {await figure(address, name) for _ in range(4)}
            return seen == {12.0}

        await eventually(answers)
        for _ in range(12):
            await follow(address, path)
        await eventually(all_seen)
        assert await figure(address, "router_links") >= 1
        before = children(process)
        os.kill(min(before), signal.SIGTERM)

        async def replaced() -> bool:
            return len(children(process)) == 2 and children(process) != before

        await eventually(replaced)
        await eventually(all_seen)
        assert await figure(address, stored) == 12
        process.terminate()
        _, err = await process.communicate()
    assert process.returncode == 0, err
    # Nothing is left of it, or the next one would begin with these sums.
    assert left_behind(tmp_path) == []
