"""The doctor on variables, addresses, mail and disks: everything but the database."""

import socket
from asyncio import to_thread
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from api.settings import Settings
from cli.doctor.addresses import examine_addresses, examine_consistency
from cli.doctor.disk import examine_disk
from cli.doctor.finding import Level
from cli.doctor.mail import examine_mail
from cli.doctor.variables import examine_variables

GOOD = {
    "OPENPARTNER_ENV": "development",
    "DATABASE_URL_APP": "postgresql+asyncpg://openpartner_app:pw@localhost/openpartner",
    "DATABASE_URL_ROUTER": "postgresql://openpartner_router:pw@localhost/openpartner",
    "SECRETS_ENCRYPTION_KEY": "0123456789abcdef" * 4,
}
PUBLIC = {
    "OPENPARTNER_ENV": "production",
    "API_URL": "https://partners.shop.example",
    "PORTAL_URL": "https://partners.shop.example",
    "ROUTER_URL": "https://go.shop.example",
    "METRICS_TOKEN": "m" * 32,
}
NOWHERE = "http://127.0.0.1:1"


def says(variables: dict[str, str]) -> list[tuple[Level, str]]:
    return [(found.level, found.says) for found in examine_variables({**GOOD, **variables})]


@pytest.mark.parametrize(("name", "value", "sentence"), [
    ("API_PORT", "many", "API_PORT: Input should be a valid integer"),
    ("OPENPARTNER_TENANCY", "double", "OPENPARTNER_TENANCY: Input should be 'single' or 'multi'"),
    ("ADMIN_API_KEY", "s3cret-word", "ADMIN_API_KEY must have at least 16 characters."),
    ("SECRETS_ENCRYPTION_KEY", "s3cret-word", "SECRETS_ENCRYPTION_KEY: must be 32 bytes"),
    ("COOKIE_DOMAIN", "not a domain", "COOKIE_DOMAIN must be a domain"),
    ("VELOCITY_MAX", "none", "VELOCITY_MAX must be a whole number"),
])  # fmt: skip
def test_a_variable_that_can_not_be_right_is_named(name: str, value: str, sentence: str) -> None:
    found = says({name: value})
    assert all(level is Level.FAIL for level, _ in found)
    assert any(said.startswith(sentence) for _, said in found)
    assert not any("s3cret" in said for _, said in found)


def test_an_example_key_is_not_kept() -> None:
    assert (Level.FAIL, "SECRETS_ENCRYPTION_KEY is not random.") in says(
        {"SECRETS_ENCRYPTION_KEY": "42" * 32}
    )


def test_what_is_fine_at_home_is_not_on_the_internet() -> None:
    assert all(level is Level.OK for level, _ in says(PUBLIC))
    for change in ({"API_URL": "http://partners.shop.example"}, {"ROUTER_URL": ""},
                   {"PORTAL_URL": "https://localhost:4601"}):  # fmt: skip
        (name,) = change
        assert [level for level, said in says({**PUBLIC, **change}) if name in said] == [Level.FAIL]
    assert [level for level, _ in says({**PUBLIC, "METRICS_TOKEN": ""})][1:] == [Level.WARN]


def test_addresses_and_cookies_have_to_fit_each_other() -> None:
    def wrong(**changes: str) -> list[str]:
        return [found.says for found in examine_consistency({**PUBLIC, **changes})]

    assert wrong() == []
    assert wrong(COOKIE_DOMAIN=".shop.example") == []
    assert "COOKIE_DOMAIN is other.example" in wrong(COOKIE_DOMAIN=".other.example")[0]
    assert "COOKIE_DOMAIN is op.example" in wrong(COOKIE_DOMAIN="op.example")[0]
    assert "http and https" in wrong(ROUTER_URL="http://go.shop.example")[0]


async def test_an_address_has_to_lead_to_the_service_that_it_names(
    http: httpx2.AsyncClient,
) -> None:
    api = str(http.base_url).rstrip("/")
    # In a thread of its own: the API that is asked runs in this one.
    found = await to_thread(lambda: list(examine_addresses({"API_URL": api, "ROUTER_URL": api})))
    assert [(each.level, each.says) for each in found] == [
        (Level.OK, f"API_URL ({api}) leads to the api."),
        (Level.FAIL, f"ROUTER_URL ({api}) leads to api."),
    ]
    away = {"API_URL": NOWHERE, "ROUTER_URL": "not an address", "PORTAL_URL": "https://[broken"}
    assert [each.level for each in examine_addresses(away)] == [Level.FAIL] * 3


@pytest.fixture
def mail_server() -> Iterator[tuple[str, int]]:
    """Takes mail from who knows the password."""

    class Sink:
        """Never asked for anything: the doctor sends nothing."""

    def check(_: object, __: object, ___: object, ____: str, data: object) -> AuthResult:
        knows = getattr(data, "password", b"") == b"right"
        return AuthResult(success=knows, handled=knows)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(Sink(), "127.0.0.1", port, authenticator=check, auth_require_tls=False)
    controller.start()
    try:
        yield "127.0.0.1", port
    finally:
        controller.stop()


def mail(stored: dict[str, Any] | None = None, **changes: Any) -> list[tuple[Level, str]]:
    given = {name.lower(): value for name, value in GOOD.items()}
    settings = Settings.model_validate({**given, "mail_from": "a@shop.example", **changes})
    return [(found.level, found.says) for found in examine_mail(settings, stored)]


def test_mail_has_to_have_a_way_out_in_production() -> None:
    assert mail()[0][0] is Level.OK
    assert mail(openpartner_env="production") == [
        (Level.FAIL, "There is no way to send mail, so nobody can sign in.")
    ]
    assert mail(openpartner_env="production", postmark_server_token="t")[0][0] is Level.OK


def test_a_mail_server_has_to_answer_and_to_know_us(mail_server: tuple[str, int]) -> None:
    host, port = mail_server
    at: dict[str, Any] = {"smtp_host": host, "smtp_port": port, "smtp_user": "me"}
    assert mail(smtp_host="127.0.0.1", smtp_port=1)[0][0] is Level.FAIL
    assert mail(**at) == [(Level.OK, f"{host}:{port} takes mail.")]
    assert mail(**at, smtp_password="right")[0] == (
        Level.OK, f"{host}:{port} takes mail from us.",
    )  # fmt: skip
    level, said = mail(**at, smtp_password="wrong")[0]
    assert level is Level.FAIL
    assert "does not accept SMTP_USER with SMTP_PASSWORD" in said


def test_what_a_workspace_saved_wins(mail_server: tuple[str, int]) -> None:
    host, port = mail_server
    stored: dict[str, Any] = {"smtp": {"host": host, "port": port, "secure": False}}
    assert mail(stored, smtp_host="127.0.0.1", smtp_port=1)[0][0] is Level.OK


def test_a_folder_that_can_not_be_written_is_found(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (file, tmp_path / "missing"):
        (finding,) = examine_disk({"ROUTER_JOURNAL_DIR": str(place)}, None)
        assert (finding.area, finding.level) == ("disk", Level.FAIL)
    assert [found.level for found in examine_disk({}, tmp_path)] == [Level.OK]
