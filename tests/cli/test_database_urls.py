"""One URL, three spellings."""

import pytest

from cli.database_urls import database_of, for_driver, for_engine, parse, shown
from cli.errors import CommandError


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_usual_scheme_is_read(scheme: str) -> None:
    url = parse(f"{scheme}://me:pw@host:6000/db")
    assert for_driver(url) == "postgresql://me:pw@host:6000/db"
    assert for_engine(url) == "postgresql+asyncpg://me:pw@host:6000/db"


@pytest.mark.parametrize("name", ["sslmode", "ssl"])
def test_tls_is_asked_for_in_the_readers_own_word(name: str) -> None:
    url = parse(f"postgresql://me@host/db?{name}=require&channel_binding=require")
    assert for_driver(url) == "postgresql://me@host/db?sslmode=require"
    assert for_engine(url) == "postgresql+asyncpg://me@host/db?ssl=require"


def test_a_socket_keeps_its_folder_and_port() -> None:
    url = parse("postgresql://me@/db?host=/run/pg&port=5433")
    assert dict(parse(for_engine(url)).query) == {"host": "/run/pg", "port": "5433"}
    assert shown(url) == "/run/pg:5433"


def test_passwords_survive_their_punctuation() -> None:
    url = parse("postgresql://me:a%40b%2Fc@host/db")
    assert url.password == "a@b/c"
    assert parse(for_engine(url)).password == "a@b/c"


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgres://me@host/shop", "shop"),
        ("postgres://me@host/postgres", "openpartner"),
        ("postgres://me@host", "openpartner"),
    ],
)
def test_the_database_is_the_one_named_unless_it_is_the_servers_own(
    url: str, database: str
) -> None:
    assert database_of(url) == database


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me@host/db", "only PostgreSQL"),
        ("just words", "can't be read"),
        ("postgresql://me@host:port/db", "can't be read"),
        ("postgresql://me@host/db?sslrootcert=/ca.pem", "set PGSSLROOTCERT instead"),
    ],
)
def test_other_urls_are_refused_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        parse(url)
