"""The environment: what `.env` adds, and what it mustn't change."""

import os
from pathlib import Path

import pytest

from cli.environment import Installation, for_api, load_env_file, port
from cli.errors import CommandError
from cli.roles import Passwords, Urls

URLS = Urls("owner", "app", "router")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing, put back afterwards."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIVEN", "by the shell")


@pytest.fixture
def it(folder: Path) -> Installation:
    return Installation(folder, 4601, 4701)


def test_the_shell_wins_over_the_file_and_empty_values_set_nothing(folder: Path) -> None:
    file = folder / ".env"
    file.write_text("# a comment\nGIVEN=by the file\nexport ADDED='two words'\nEMPTY=\nPRICE=5$x\n")
    load_env_file(file)
    assert os.environ["GIVEN"] == "by the shell"
    assert os.environ["ADDED"] == "two words"
    assert os.environ["PRICE"] == "5$x"
    assert "EMPTY" not in os.environ


def test_no_file_is_no_trouble(folder: Path) -> None:
    load_env_file(folder / ".env")


def test_the_encryption_key_is_made_once_and_kept(it: Installation) -> None:
    key = for_api(it, URLS)["SECRETS_ENCRYPTION_KEY"]
    assert len(bytes.fromhex(key)) == 32
    assert for_api(it, URLS)["SECRETS_ENCRYPTION_KEY"] == key


def test_what_is_given_wins_over_our_defaults(
    it: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert for_api(it, URLS)["OPENPARTNER_ENV"] == "development"
    monkeypatch.setenv("OPENPARTNER_ENV", "production")
    monkeypatch.setenv("API_URL", "https://partners.example.com")
    seen = for_api(it, URLS)
    assert seen["OPENPARTNER_ENV"] == "production"
    assert seen["API_URL"] == "https://partners.example.com"


def test_database_passwords_come_from_the_environment_or_are_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENPARTNER_APP_DB_PASSWORD", "given")
    made = Passwords.of(folder)
    assert made.app == "given"
    assert made.owner not in {"", made.router}
    assert Passwords.of(folder) == made


@pytest.mark.parametrize("value", ["x", "-1", "65536"])
def test_a_port_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", value)
    with pytest.raises(CommandError, match="API_PORT is"):
        port("API_PORT", 4601)
