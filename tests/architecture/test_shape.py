"""The shape of the tree: small files, small functions, a sentence on top of each, honest names."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import alembic

import api
from tests.support.tree import ROOT, files, named, python_files, texts

LONGEST_FILE = 300
LONGEST_FUNCTION = 40

# A migration is one list of statements; to part it would only hide the order.
LISTS = "alembic/versions/"

# What else is longer, and why it is better so. Anything that no longer is must leave these tables.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "tests/pure/test_explanation.py:test_an_explanation_is_complete": "a whole answer, spelled out",
}

FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "core", "manager", "handler",
             "handlers", "misc", "base"}  # fmt: skip
ALLOWED = {"shared/models/base.py"}

# Looked for everywhere but in this file, which has to name them.
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|-index-url[ =]\s*http"
    r"|https?://\S*/simple\b|proxy\.golang"
)
THIS_MACHINE = re.compile(r"(?<![\w.])/(?:work|home|Users)/\w")
UNFINISHED = re.compile(
    r"# XXX|\b(?:TODO|FIXME|NotImplemented|NotImplementedError|pytest\.skip|mark\.skip|skipif"
    r"|mark\.xfail|pytest\.xfail|importorskip|unittest\.skip)\b"
)
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<rest>.*)$", re.MULTILINE)
REASON = re.compile(r"^(?:: ?[A-Z0-9, ]+|\[[a-z, -]+\])\s+(?:#|-)\s*\S+(?: \S+)+")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in python_files():
        yield named(path), ast.parse(path.read_text())


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_are_small() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in python_files()}
    too_long = {
        name
        for name, length in lengths.items()
        if length > LONGEST_FILE and not name.startswith(LISTS)
    }
    assert too_long == set(LONG_FILES)


def test_functions_are_small() -> None:
    too_long = {
        f"{name}:{function.name}"
        for name, tree in trees()
        for function in functions(tree)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
        and not name.startswith(LISTS)
    }
    assert too_long == set(LONG_FUNCTIONS)


def test_every_file_begins_with_what_it_is_for() -> None:
    """One sentence; where more has to be said, a blank line parts it from the rest."""
    unsaid = []
    for name, tree in trees():
        first, _, _ = (ast.get_docstring(tree) or "").partition("\n\n")
        sentences = re.findall(r"[.!?](?= [A-Z]|$)", first.replace("\n", " "))
        if len(sentences) != 1 or first[-1] not in ".!?":
            unsaid.append((name, first))
    assert unsaid == []


def test_names_say_something() -> None:
    bad = [
        named(path)
        for path in python_files()
        if FORBIDDEN & {path.stem, path.parent.name} and named(path) not in ALLOWED
    ]
    assert bad == []


def test_no_package_hides_one_of_pythons_own() -> None:
    packages = {named(path.parent) for path in python_files() if path.name == "__init__.py"}
    assert {name for name in packages if name.split("/")[-1] in sys.stdlib_module_names} == set()


def test_the_migrations_folder_does_not_hide_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
    assert "site-packages" in (alembic.__file__ or "")


def test_api_is_our_api() -> None:
    """With one test folder short of its __init__.py, `tests/api` would take the name."""
    assert api.__file__ == str(ROOT / "api" / "__init__.py")
    folders = {path.parent for path in files("tests") if path.suffix == ".py"}
    assert [named(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}: {match.group()}"
        for name, text in texts()
        if name != named(Path(__file__))
        for match in pattern.finditer(text)
    ]


def test_no_address_of_a_package_registry_stands_in_the_tree() -> None:
    assert found(REGISTRIES) == []


def test_no_path_of_a_developers_machine_stands_in_the_tree() -> None:
    assert found(THIS_MACHINE) == []


def test_nothing_is_left_unfinished_and_no_test_steps_aside() -> None:
    assert found(UNFINISHED) == []


def test_whoever_silences_a_checker_says_why() -> None:
    unreasoned = [
        f"{named(path)}: {match.group()}"
        for path in python_files()
        for match in SILENCED.finditer(path.read_text())
        if not REASON.match(match["rest"])
    ]
    assert unreasoned == []
