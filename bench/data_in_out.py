"""`python -m bench.data_in_out`: exports so many MiB and puts them back, and watches the API's memory.

For each size: fill a workspace, export it, empty it, import the file, export again, compare the bytes.
Every step has an API process of its own, so that its peak is that step's.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx2

from bench.router.place import Place, place
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.databases import ROOT

PORT = 4691
KEY = "an-admin-key-for-the-bench"
AT = {"at": "2026-11-01T12:00:00Z"}
MIB = 1024 * 1024
PIECE = 256 * 1024
# What a click, an event and a partner come to as lines of a bundle.
BYTES_A_ROW = 470
FILL = """
set app.tenant_id = '{tenant}';
insert into partners (id, email, name, metadata)
    select uuid_v7(), i || '@example.com', 'Pat Partner ' || i, jsonb_build_object('tier', i % 7)
    from generate_series(1, {count} / 50) as i;
insert into clicks (id, ts, link_id, partner_id, campaign_id, landing_url, ip_hash, user_agent)
    select uuid_v7(), now() - make_interval(secs => i % 5000000), uuid_v7(), uuid_v7(), uuid_v7(),
        'https://shop.example/welcome?cref=' || i, encode(sha256(i::text::bytea), 'hex'),
        'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    from generate_series(1, {count} * 4 / 5) as i;
insert into events (id, user_id, type, value_minor, currency, external_id, fingerprint, metadata, ts)
    select uuid_v7(), 'customer-' || i, 'invoice_paid', i, 'USD', 'invoice-' || i, md5(i::text),
        jsonb_build_object('plan', 'gold', 'text', repeat('x', 100)), now()
    from generate_series(1, {count} / 5) as i;
"""
EMPTY = "set session_replication_role = replica; truncate partners, clicks, events cascade"


@dataclass(frozen=True, slots=True)
class Step:
    """What one step took. `grown` is the peak of the process beyond what it needed to serve at all."""

    name: str
    seconds: float
    size: int
    before: int
    peak: int

    def row(self) -> str:
        grown = (self.peak - self.before) / MIB
        return (
            f"| {self.name} | {self.size / MIB:,.0f} | {self.seconds:,.1f}"
            f" | {self.size / MIB / self.seconds:,.1f} | {self.before / MIB:,.0f}"
            f" | {self.peak / MIB:,.0f} | {grown:,.0f} |"
        )


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, action="append", help="a size, several times (16, 256)")
    options = parser.parse_args()
    print("| step | MiB | s | MiB/s | RSS before, MiB | peak RSS, MiB | grown by, MiB |")
    print("|---|---|---|---|---|---|---|")
    same = True
    async with place(links=1, core=None) as where:
        with TemporaryDirectory(prefix="op-bundle-") as folder:
            for size in options.mib or (16, 256):
                same &= await round_trip(where, Path(folder) / "bundle.json", size)
    print(f"\nthe same bytes: {same}")
    return 0 if same else 1


async def round_trip(where: Place, bundle: Path, mib: int) -> bool:
    connection = await asyncpg.connect(where.superuser)
    try:
        await connection.execute(EMPTY)
        await connection.execute("set session_replication_role = origin")
        await connection.execute(
            FILL.format(count=mib * MIB // BYTES_A_ROW, tenant=DEFAULT_TENANT_ID)
        )
        await connection.execute("vacuum analyze")
        first = await export(where, bundle)
        await connection.execute(EMPTY)
        await put_back(where, bundle)
        return first == await export(where, Path(os.devnull))
    finally:
        await connection.close()


async def export(where: Place, target: Path) -> str:
    digest, size = sha256(), 0
    async with api(where) as (client, pid):
        before, began = memory(pid, "VmRSS"), time.monotonic()
        async with client.stream("GET", "/api/export.json", params=AT) as answer:
            assert answer.status_code == 200
            with target.open("wb") as file:
                async for piece in answer.aiter_bytes():
                    digest.update(piece)
                    size += len(piece)
                    file.write(piece)
        took = time.monotonic() - began
        print(Step("export", took, size, before, memory(pid, "VmHWM")).row(), flush=True)
    return digest.hexdigest()


async def put_back(where: Place, source: Path) -> None:
    size = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal size
        with source.open("rb") as file:
            while piece := file.read(PIECE):
                size += len(piece)
                yield piece

    async with api(where) as (client, pid):
        before, began = memory(pid, "VmRSS"), time.monotonic()
        answer = await client.post(
            "/api/import", content=pieces(), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        took = time.monotonic() - began
        print(Step("import", took, size, before, memory(pid, "VmHWM")).row(), flush=True)


@asynccontextmanager
async def api(where: Place) -> AsyncIterator[tuple[httpx2.AsyncClient, int]]:
    """A process of its own, which has answered once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.serve", cwd=ROOT, env=environment(where)
    )  # fmt: skip
    client = httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{PORT}",
        timeout=3600,
        headers={"authorization": f"Bearer {KEY}"},
    )
    try:
        async with client:
            while True:
                try:
                    warm = await client.get("/api/export/Payout.csv")
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    assert warm.status_code == 200, warm.text
                    break
            yield client, process.pid
    finally:
        process.terminate()
        await process.wait()


def environment(where: Place) -> dict[str, str]:
    return {
        **os.environ,
        "OPENPARTNER_ENV": "development",
        "API_PORT": str(PORT),
        "DATABASE_URL_APP": where.urls.app,
        "ADMIN_API_KEY": KEY,
        "SECRETS_ENCRYPTION_KEY": "11" * 32,
        "LOG_LEVEL": "WARNING",
    }


def memory(pid: int, figure: str) -> int:
    """`VmRSS`, what a process holds now, or `VmHWM`, the most that it ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(figure):
            return int(line.split()[1]) * 1024
    raise LookupError(figure)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
