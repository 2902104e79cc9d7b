"""Fault 27: a mail server that is down, slow or broken delays letters, and nobody's request."""

import asyncio
import ssl
from pathlib import Path

import pytest

from api.outside import smtp
from tests.api.conftest import People
from tests.support.brand import Brand
from tests.support.mail_server import MailServer, certificate, mail_server
from tests.support.working import Worker


async def use(brand: Brand, server: MailServer, **changes: object) -> None:
    settings = {"host": server.host, "port": server.port, **changes}
    await brand.made("/config/mail", {"kind": "smtp", "from": "a@b.example", "smtp": settings})


async def at_once(brand: Brand) -> None:
    """The pauses between attempts are over."""
    await brand.execute(
        "update jobs set run_at = now() where tenant_id = $1 and done_at is null", brand.tenant_id
    )


async def test_fault_27_a_server_that_says_421_gets_the_letter_once_when_it_recovers(
    brand: Brand, worker: Worker, people: People
) -> None:
    admin = await people("admin")
    async with mail_server() as server:
        await use(brand, server)
        server.overloaded = True
        assert (await admin.ask()).status_code == 200
        for _ in range(3):
            await worker.drain()
            await at_once(brand)
        assert server.letters == []
        # Refused for now is not refused for good.
        assert await brand.rows("mail_suppressions") == []
        server.overloaded = False
        await worker.drain()
        await at_once(brand)
        await worker.drain()
    [letter] = server.letters
    text = letter.get_body(("plain",))
    assert text is not None
    token = text.get_content().partition("token=")[2].split()[0]
    assert (await admin.verify(token)).status_code == 200


async def test_fault_27_a_server_that_hangs_holds_up_no_request_and_no_other_letter(
    brand: Brand, other_brand: Brand, worker: Worker, people: People
) -> None:
    admin, other = await people("admin"), await people("admin", of=other_brand)
    async with mail_server() as slow, mail_server() as quick:
        await use(brand, slow)
        await use(other_brand, quick)
        slow.ready.clear()
        await admin.ask()
        hanging = asyncio.create_task(worker.drain())
        await slow.reached.wait()
        # Requests of every kind are answered meanwhile, also such that ask for mail.
        answers = await asyncio.gather(*(brand.get("/partners") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await other.ask()).status_code == 200
        await worker.drain()
        assert [letter["To"] for letter in quick.letters] == [other.email]
        assert not hanging.done()
        slow.ready.set()
        await hanging
    assert [letter["To"] for letter in slow.letters] == [admin.email]


async def test_fault_27_a_hanging_server_is_given_up_and_tried_again(
    brand: Brand, worker: Worker, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await people("admin")
    async with mail_server() as server:
        await use(brand, server)
        server.ready.clear()
        await admin.ask()
        with monkeypatch.context() as hurried:
            hurried.setattr(smtp, "TOTAL_SECONDS", 0.3)
            await worker.drain()
        [job] = [row for row in await brand.rows("jobs") if row["name"] == "sign_in.link"]
        assert "took too long" in job["last_error"]
        assert job["dead_at"] is None
        # The link that did not leave opens nothing.
        assert await brand.rows("magic_links") == []
        server.ready.set()
        await at_once(brand)
        await worker.drain()
        assert [row["done_at"] is None for row in await brand.rows("jobs")] == [False]


async def test_fault_27_broken_tls_is_a_failure_and_never_a_letter_in_clear(
    brand: Brand, worker: Worker, people: People, tmp_path: Path
) -> None:
    admin = await people("admin")
    nobodys, _ = certificate(tmp_path)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for starttls, implicit in ((nobodys, None), (None, nobodys), (None, old)):
        async with mail_server(starttls=starttls, implicit=implicit) as server:
            await use(brand, server, secure=implicit is not None)
            await admin.ask()
            await worker.drain()
            assert server.letters == []
    async with mail_server() as plain:
        await use(brand, plain, secure=True)
        failed = await brand.post("/config/mail/test", {"to": admin.email})
        assert failed.json()["error"] == "mail_test_failed"
        assert plain.letters == []


async def test_a_letter_that_is_refused_for_us_and_not_for_its_address_is_tried_again(
    brand: Brand,
) -> None:
    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            answer = b"550 5.7.1 relaying denied" if line.startswith(b"RCPT") else b"250 fine"
            writer.write(answer + b"\r\n")
        writer.close()

    server = await asyncio.start_server(refusing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    body = {"kind": "smtp", "from": "a@b.example", "smtp": {"host": "127.0.0.1", "port": port}}
    await brand.made("/config/mail", body)
    failed = await brand.post("/config/mail/test", {"to": "ada@acme.example"})
    assert "relaying denied" in failed.json()["detail"]
    assert await brand.rows("mail_suppressions") == []
    server.close()
    await server.wait_closed()
