""".env.example names every variable that something reads, and nothing that nobody reads."""

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from api.settings import Settings
from router.settings import read_settings
from tests.deploy.dockerfile import ROOT

EXAMPLE = ROOT / ".env.example"
NAME = re.compile(r"[A-Z]+(?:_[A-Z0-9]+)+")
# What PostgreSQL's programs are told, and a file of theirs.
NOT_OURS = {"LC_ALL", "LD_LIBRARY_PATH", "PG_VERSION"}
# What our processes hand to each other, and no operator does.
HANDED_ON = "_FD"
SECRET = re.compile("PASSWORD|KEY|TOKEN|DATABASE_URL|REDIS_URL")


def strings_in(folder: str) -> Iterator[str]:
    """Whole string constants, wherever they stand in the code."""
    for path in Path(ROOT, folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def read() -> set[str]:
    """Every variable that any part of OpenPartner looks for."""
    in_code = {
        text
        for folder in ("router", "cli", "alembic", "shared")
        for text in strings_in(folder)
        # Options of sockets are spelled like variables.
        if NAME.fullmatch(text) and not hasattr(socket, text)
    }
    in_compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    in_api = {name.upper() for name in Settings.model_fields}
    found = (in_code | in_compose | in_api) - NOT_OURS
    return {name for name in found if not name.endswith(HANDED_ON)}


def test_every_variable_is_in_the_example() -> None:
    assert read() - set(dotenv_values(EXAMPLE)) == set()


def test_the_example_names_no_variable_that_nobody_reads() -> None:
    assert set(dotenv_values(EXAMPLE)) - read() == set()


def test_every_variable_is_explained_right_above() -> None:
    explained = False
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            explained = len(line.strip("# -")) > len("a word")
        elif line:
            assert explained, line
        else:
            explained = False


def test_no_secret_has_a_value_that_somebody_might_keep() -> None:
    example = dotenv_values(EXAMPLE)
    assert [name for name in example if SECRET.search(name) and example[name]] == []


def test_the_api_and_the_router_accept_the_examples_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {name: value or "" for name, value in dotenv_values(EXAMPLE).items()}
    given |= {
        "DATABASE_URL_APP": "postgresql+asyncpg://openpartner_app@localhost/openpartner",
        "DATABASE_URL_ROUTER": "postgresql://openpartner_router@localhost/openpartner",
        "SECRETS_ENCRYPTION_KEY": "11" * 32,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().api_port == 4601
    assert read_settings(given).port == 4701
