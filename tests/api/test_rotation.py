"""Rotating the master key: every secret opens at every moment, and in the end the old key is needless."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from api.access.resealing import SEALED_TEXT, Tally, reseal_everything
from api.access.sealed_columns import SEALED, table_and_column
from api.access.sealing import Sealer, Unreadable, in_row
from api.access.sealing_keys import refuse_missing_key
from api.settings import Settings
from shared.database import open_database
from shared.ids import new_id
from tests.conftest import settings_for
from tests.support.databases import ROOT, Databases, Scratch

OLD, NEW = "11" * 32, "22" * 32
ENDPOINT, POSTBACK = "webhook_endpoints.secrets", "partner_postbacks.sealed_secret"
MAIL, ANSWER = "mail_settings.smtp.password", "idempotent_requests.body"
SECRETS = 250


@pytest.fixture
async def fresh(databases: Databases) -> Scratch:
    return await databases.fresh()


def keys(fresh: Scratch, folder: Path, newest: str, *older: str) -> Settings:
    return settings_for(
        fresh, folder, secrets_encryption_key=newest, secrets_encryption_keys_old=older
    )


async def fill(fresh: Scratch, sealer: Sealer, count: int = SECRETS) -> list[UUID]:
    """Two tenants, one of them suspended, with secrets in every column that has any."""
    connection = await fresh.connect()
    tenants = []
    for status in ("active", "suspended"):
        tenant = new_id()
        tenants.append(tenant)
        await connection.execute(
            "insert into tenants (id, slug, display_name, status) values ($1, $2, 'T', $3)",
            tenant, tenant.hex[-12:], status,
        )  # fmt: skip
        partner = await endpoints_of(connection, sealer, tenant, count)
        await other_secrets_of(connection, sealer, tenant, partner)
    await connection.close()
    return tenants


async def endpoints_of(
    connection: asyncpg.Connection, sealer: Sealer, tenant: UUID, count: int
) -> UUID:
    """Many of them, and the partner for whom the rest is made."""
    partner = new_id()
    await connection.execute(
        "insert into partners (tenant_id, id, email, name) values ($1, $2, 'p@x.example', 'P')",
        tenant, partner,
    )  # fmt: skip
    for number in range(count):
        endpoint = new_id()
        sealed = sealer.seal(f"whsec_{number}", tenant, in_row(ENDPOINT, endpoint))
        await connection.execute(
            "insert into webhook_endpoints (tenant_id, id, url, events, secret_prefix, secrets)"
            " values ($1, $2, 'https://x.example', '{*}', 'whsec_',"
            " jsonb_build_array(jsonb_build_object('sealed', $3::text, 'until', null)))",
            tenant, endpoint, sealed,
        )  # fmt: skip
    return partner


async def other_secrets_of(
    connection: asyncpg.Connection, sealer: Sealer, tenant: UUID, partner: UUID
) -> None:
    postback, answer = new_id(), new_id()
    await connection.execute(
        "insert into partner_postbacks (tenant_id, id, partner_id, url, events, sealed_secret)"
        " values ($1, $2, $3, 'https://x.example', '{}', $4)",
        tenant, postback, partner, sealer.seal("postback", tenant, in_row(POSTBACK, postback)),
    )  # fmt: skip
    await connection.execute(
        "insert into settings (tenant_id, key, value) values ($1, 'mail_settings',"
        " jsonb_build_object('smtp', jsonb_build_object('port', 587,"
        " 'passwordCiphertext', $2::text)))",
        tenant, sealer.seal("smtp", tenant, MAIL),
    )  # fmt: skip
    sealed = sealer.seal("answer", tenant, in_row(ANSWER, answer))
    for row, body in ((answer, sealed), (new_id(), '{"id": "plain"}')):
        await connection.execute(
            "insert into idempotent_requests (tenant_id, id, principal, key, fingerprint,"
            " status, body) values ($1, $2, 'env', $3, 'f', 201, $4)",
            tenant, row, str(new_id()), body,
        )  # fmt: skip


async def opened(fresh: Scratch, sealer: Sealer) -> dict[str, int]:
    """Opens every sealed value of the database; how many there are under each key's name."""
    found: dict[str, int] = {}
    connection = await fresh.connect()
    for name, fields in SEALED.items():
        table, column = table_and_column(name)
        own = "id" if "id" in table.c else "null"
        query = f"select tenant_id, {own}, {column}::text from {table.name}"  # noqa: S608  # names of our own
        for tenant, row, text in await connection.fetch(query):
            names = tuple(in_row(field, row) if row else field for field in fields)
            for sealed in SEALED_TEXT.findall(text or ""):
                sealer.unseal(sealed, tenant, field_of(sealer, sealed, tenant, names))
                found[sealed[:8]] = found.get(sealed[:8], 0) + 1
    await connection.close()
    return found


def field_of(sealer: Sealer, sealed: str, tenant: UUID, fields: tuple[str, ...]) -> str:
    for field in fields:
        try:
            sealer.unseal(sealed, tenant, field)
        except Unreadable:
            continue
        return field
    raise AssertionError(f"{sealed} opens as none of {fields}")


async def reseal(settings: Settings) -> Tally:
    database = open_database(settings.database_url_app.get_secret_value(), pool=2)
    try:
        return await reseal_everything(database, Sealer.of(settings))
    finally:
        await database.close()


def command(fresh: Scratch, folder: Path) -> "subprocess.Popen[str]":
    """As an operator runs it, with the new key and the old one for reading."""
    environment = {
        **os.environ,
        "DATABASE_URL_APP": fresh.urls.app,
        "SECRETS_ENCRYPTION_KEY": NEW,
        "SECRETS_ENCRYPTION_KEYS_OLD": OLD,
    }
    arguments = [sys.executable, "-m", "cli", "rotate-secrets", "--folder", str(folder)]
    return subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip


async def test_fault_13_a_rotation_killed_half_way_loses_nothing(
    fresh: Scratch, tmp_path: Path
) -> None:
    old = Sealer.of(keys(fresh, tmp_path, OLD))
    both = Sealer.of(keys(fresh, tmp_path, NEW, OLD))
    await fill(fresh, old)
    before = await opened(fresh, both)
    assert list(before) == [old.newest]
    holder = await fresh.connect()
    transaction = holder.transaction()
    await transaction.start()
    # Somebody holds a secret in the middle, so that the command surely waits there.
    await holder.execute("select from webhook_endpoints order by id offset 300 limit 1 for update")
    running = command(fresh, tmp_path)
    await waiting(holder)
    running.kill()
    running.communicate()
    await transaction.rollback()
    await holder.close()
    half = await opened(fresh, both)
    assert half[old.newest] > 0
    assert half[both.newest] > 0
    again = command(fresh, tmp_path)
    said, _ = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert "Nothing is left under an older key." in said
    alone = Sealer.of(keys(fresh, tmp_path, NEW))
    assert await opened(fresh, alone) == {both.newest: sum(before.values())}


async def waiting(watcher: asyncpg.Connection) -> None:
    query = (
        "select count(*) from pg_stat_activity"
        " where application_name = 'openpartner-rotate' and wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(30):
        # The view is frozen within a transaction unless its snapshot is dropped.
        while not await watcher.fetchval(query):
            await watcher.execute("select pg_stat_clear_snapshot()")
            await asyncio.sleep(0.02)


async def test_fault_13_secrets_changed_meanwhile_are_kept_as_changed(
    fresh: Scratch, tmp_path: Path
) -> None:
    """Processes still on the old key write while it runs; whatever they wrote opens, and the rest too."""
    old = Sealer.of(keys(fresh, tmp_path, OLD))
    settings = keys(fresh, tmp_path, NEW, OLD)
    [tenant, _] = await fill(fresh, old, 120)
    writer = await fresh.connect()

    postback = await writer.fetchval(
        "select id from partner_postbacks where tenant_id = $1", tenant
    )
    field = in_row(POSTBACK, postback)

    async def write() -> None:
        for number in range(200):
            await writer.execute(
                "update partner_postbacks set sealed_secret = $2 where tenant_id = $1",
                tenant, old.seal(f"fresh {number}", tenant, field),
            )  # fmt: skip

    await asyncio.gather(write(), reseal(settings))
    both = Sealer.of(settings)
    await opened(fresh, both)
    text = await writer.fetchval(
        "select sealed_secret from partner_postbacks where tenant_id = $1", tenant
    )
    assert both.unseal(text, tenant, field) == "fresh 199"
    await reseal(settings)
    assert await reseal(settings) == Tally()
    await writer.close()
    assert list(await opened(fresh, Sealer.of(keys(fresh, tmp_path, NEW)))) == [both.newest]


async def test_fault_13_a_secret_moved_to_another_place_opens_nothing(
    fresh: Scratch, tmp_path: Path
) -> None:
    settings = keys(fresh, tmp_path, NEW, OLD)
    sealer = Sealer.of(settings)
    tenant, other = await fill(fresh, Sealer.of(keys(fresh, tmp_path, OLD)), 1)
    here = in_row(POSTBACK, new_id())
    sealed = sealer.seal("hush", tenant, here)
    assert sealer.unseal(sealed, tenant, here) == "hush"
    elsewhere = in_row(POSTBACK, new_id())
    for where, field in ((other, here), (tenant, elsewhere), (tenant, POSTBACK), (tenant, MAIL)):
        with pytest.raises(Unreadable):
            sealer.unseal(sealed, where, field)


@pytest.mark.parametrize("module", ["api.serve", "api.worker"])
async def test_fault_13_a_process_whose_key_opens_nothing_here_does_not_start(
    fresh: Scratch, tmp_path: Path, module: str
) -> None:
    database = open_database(fresh.urls.app, pool=2)
    try:
        await refuse_missing_key(database, Sealer.of(keys(fresh, tmp_path, OLD)))
        started = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", module],
            env={**os.environ, "DATABASE_URL_APP": fresh.urls.app, "SECRETS_ENCRYPTION_KEY": NEW},
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert started.returncode == 1
        assert "name it in SECRETS_ENCRYPTION_KEYS_OLD" in started.stderr
        assert started.stderr.count("\n") == 1, started.stderr
        # Both at first, then the new one alone, once nothing is left under the old one.
        await refuse_missing_key(database, Sealer.of(keys(fresh, tmp_path, NEW, OLD)))
        said, _ = command(fresh, tmp_path).communicate(timeout=60)
        assert "Nothing is left under an older key." in said
        await refuse_missing_key(database, Sealer.of(keys(fresh, tmp_path, NEW)))
    finally:
        await database.close()


async def test_fault_13_a_missing_key_is_said_and_nothing_is_touched(
    fresh: Scratch, tmp_path: Path
) -> None:
    await fill(fresh, Sealer.of(keys(fresh, tmp_path, "33" * 32)), 2)
    tally = await reseal(keys(fresh, tmp_path, NEW, OLD))
    assert (tally.resealed, tally.unreadable) == (0, 2 * (2 + 1 + 1 + 1))
    running = command(fresh, tmp_path)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "10 secrets can be opened with none of the keys given" in said
    assert NEW not in said
    assert OLD not in said
