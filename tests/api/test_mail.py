"""Mail: by SMTP, by Postmark, printed in development, and never a secret in sight."""

import asyncio
import ssl
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.access.sealing import Sealer, Unreadable
from api.outside import postmark, smtp
from api.outside.mail import ConsoleMailer, Letter, MailFailed
from api.outside.mailers import NoMailer, environment_mailer
from api.outside.postmark import PostmarkMailer
from api.outside.smtp import SmtpMailer
from api.settings import Settings
from shared.ids import new_id
from shared.models.tenant import DEFAULT_TENANT_ID
from tests.support.mail_server import certificate, mail_server
from tests.support.serving import served

LETTER = Letter(
    "pat@example.com", "Sign in to Acmé", "Hello Pat,\n\nopen this: https://x\n", "sign_in"
)
SENDER = "Acme <program@acme.example>"
PASSWORD = "right-password"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this process trusts for the length of a test."""
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return context


async def test_a_letter_goes_over_a_connection_that_is_upgraded(trusted: ssl.SSLContext) -> None:
    async with mail_server(starttls=trusted) as server:
        mailer = SmtpMailer(SENDER, server.host, server.port, user="mailer", password=PASSWORD)
        await mailer.send(LETTER)
    [letter] = server.letters
    assert server.encrypted == [True]
    assert server.logins == [("mailer", PASSWORD)]
    assert (letter["From"], letter["To"], letter["Subject"]) == (SENDER, LETTER.to, LETTER.subject)
    assert letter["X-Tag"] == "sign_in"
    assert letter["Date"]
    assert letter["Message-ID"]
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text


async def test_a_letter_goes_over_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    async with mail_server(implicit=trusted) as server:
        await SmtpMailer(SENDER, server.host, server.port, secure=True).send(LETTER)
    assert server.encrypted == [True]
    assert server.logins == []


async def test_a_relay_without_tls_gets_letters_but_no_password() -> None:
    async with mail_server(host="127.0.0.2") as server:
        await SmtpMailer(SENDER, server.host, server.port).send(LETTER)
        secretive = SmtpMailer(SENDER, server.host, server.port, user="mailer", password=PASSWORD)
        with pytest.raises(MailFailed):
            await secretive.send(LETTER)
    assert len(server.letters) == 1
    assert server.logins == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    async with mail_server(starttls=context) as server:
        with pytest.raises(MailFailed, match="certificate"):
            await SmtpMailer(SENDER, server.host, server.port).send(LETTER)
    assert server.letters == []


async def test_a_refusal_says_what_the_server_said_and_no_secret(trusted: ssl.SSLContext) -> None:
    async with mail_server(starttls=trusted) as server:
        server.refused = LETTER.to
        with pytest.raises(MailFailed, match="no such mailbox"):
            await SmtpMailer(SENDER, server.host, server.port).send(LETTER)
        wrong = SmtpMailer(SENDER, server.host, server.port, user="mailer", password="wr0ng")
        with pytest.raises(MailFailed) as refused:
            await wrong.send(LETTER)
    assert "wr0ng" not in f"{refused.value} {wrong!r}"
    with pytest.raises(MailFailed, match=f"localhost:{server.port}"):
        await SmtpMailer(SENDER, server.host, server.port).send(LETTER)


async def test_a_server_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", 0.2)

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hung_up.wait()
        writer.close()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(MailFailed, match="took too long"):
        await SmtpMailer(SENDER, "127.0.0.1", port).send(LETTER)
    hung_up.set()
    server.close()
    await server.wait_closed()


def stand_in(answer: Response, seen: list[Any]) -> Starlette:
    """Postmark, as far as one call sees of it."""

    async def email(request: Request) -> Response:
        seen.append((dict(request.headers), await request.json()))
        return answer

    return Starlette(routes=[Route("/email", email, methods=["POST"])])


async def test_postmark_is_told_what_it_wants_to_know() -> None:
    seen: list[Any] = []
    accepted = Response('{"ErrorCode": 0, "Message": "OK"}', media_type="application/json")
    async with served(stand_in(accepted, seen)) as address:
        await PostmarkMailer(SENDER, "a-server-token", "invites", f"{address}/email").send(LETTER)
    [(headers, body)] = seen
    assert headers["x-postmark-server-token"] == "a-server-token"
    assert body == {
        "From": SENDER,
        "To": LETTER.to,
        "Subject": LETTER.subject,
        "TextBody": LETTER.text,
        "Tag": "sign_in",
        "MessageStream": "invites",
    }


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response('{"ErrorCode":300,"Message":"Invalid From"}', 422), "422.*Invalid From"),
        (Response('{"ErrorCode":405,"Message":"no credits left"}', 200), "no credits left"),
        (Response("<html>gateway</html>", 502), "502"),
        (Response("", 302, {"Location": "https://elsewhere.example"}), "302"),
        (Response("x" * 1_000_000, 200), "200"),
    ],
)
async def test_postmarks_refusals_are_told(answer: Response, said: str) -> None:
    async with served(stand_in(answer, [])) as address:
        mailer = PostmarkMailer(SENDER, "a-server-token", address=f"{address}/email")
        with pytest.raises(MailFailed, match=said) as refused:
            await mailer.send(LETTER)
    assert "a-server-token" not in f"{refused.value} {mailer!r}"
    with pytest.raises(MailFailed, match="Postmark"):
        await mailer.send(LETTER)


async def test_a_dripping_postmark_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmark, "TOTAL_SECONDS", 0.3)

    async def drips() -> Any:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    async with served(stand_in(StreamingResponse(drips()), [])) as address:
        mailer = PostmarkMailer(SENDER, "a-server-token", address=f"{address}/email")
        with pytest.raises(MailFailed, match="too long"):
            await mailer.send(LETTER)


def changed(settings: Settings, **values: Any) -> Settings:
    return Settings.model_validate({**settings.model_dump(), **values})


def test_the_environment_chooses_smtp_before_postmark_before_printing(settings: Settings) -> None:
    assert isinstance(environment_mailer(settings), ConsoleMailer)
    by_postmark = environment_mailer(changed(settings, postmark_server_token="a-token"))
    assert by_postmark == PostmarkMailer(settings.mail_from, "a-token")
    both = changed(
        settings, postmark_server_token="a-token", smtp_host="mail.example", smtp_port=25,
        smtp_user="u", smtp_password="p", smtp_secure=True, mail_from=SENDER,
    )  # fmt: skip
    assert environment_mailer(both) == SmtpMailer(SENDER, "mail.example", 25, True, "u", "p")


async def test_s14_no_link_is_printed_in_production(settings: Settings) -> None:
    mailer = environment_mailer(changed(settings, openpartner_env="production"))
    assert isinstance(mailer, NoMailer)
    with pytest.raises(MailFailed, match="SMTP_HOST and MAIL_FROM"):
        await mailer.send(LETTER)


def test_a_sealed_secret_opens_only_where_it_was_put(settings: Settings) -> None:
    sealer = Sealer.of(settings)
    sealed = sealer.seal("hunter2", DEFAULT_TENANT_ID, "field")
    assert "hunter2" not in sealed
    assert sealer.unseal(sealed, DEFAULT_TENANT_ID, "field") == "hunter2"
    elsewhere: list[tuple[str, UUID, str]] = [
        (sealed, new_id(), "field"),
        (sealed, DEFAULT_TENANT_ID, "other"),
        (sealed[:-3], DEFAULT_TENANT_ID, "field"),
        (sealed.swapcase(), DEFAULT_TENANT_ID, "field"),
        ("nonsense", DEFAULT_TENANT_ID, "field"),
        ("", DEFAULT_TENANT_ID, "field"),
    ]
    for value, tenant, field in elsewhere:
        with pytest.raises(Unreadable):
            sealer.unseal(value, tenant, field)


def test_s13_a_key_is_replaced_without_losing_what_the_old_one_sealed(settings: Settings) -> None:
    before = Sealer.of(settings)
    sealed = before.seal("hunter2", DEFAULT_TENANT_ID, "field")
    old = settings.secrets_encryption_key.get_secret_value()
    rotated = changed(settings, secrets_encryption_key="22" * 32, secrets_encryption_keys_old=old)
    after = Sealer.of(rotated)
    assert after.unseal(sealed, DEFAULT_TENANT_ID, "field") == "hunter2"
    anew = after.seal("hunter2", DEFAULT_TENANT_ID, "field")
    assert anew.partition(".")[0] != sealed.partition(".")[0]
    with pytest.raises(Unreadable):
        before.unseal(anew, DEFAULT_TENANT_ID, "field")


def test_no_two_seals_are_alike(settings: Settings) -> None:
    sealer = Sealer.of(settings)
    sealed = {sealer.seal("hunter2", DEFAULT_TENANT_ID, "field") for _ in range(10_000)}
    assert len(sealed) == 10_000
