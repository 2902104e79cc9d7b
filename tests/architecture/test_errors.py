"""Errors are a catalogue: each has a code, a status and a sentence."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import api
from api.errors import ApiError

CODES = Path(__file__).with_name("error_codes.txt")


def errors() -> Iterator[type[ApiError]]:
    """Every class of the API that has a code; families have none, and tests make their own."""
    for module in walk_packages(api.__path__, "api."):
        if not module.name.endswith(("serve", "worker")):
            import_module(module.name)
    families = [ApiError]
    while families:
        for error in families.pop().__subclasses__():
            families.append(error)
            if hasattr(error, "code") and error.__module__.startswith("api."):
                yield error


def test_every_error_is_a_sentence() -> None:
    unsaid = [
        error
        for error in errors()
        if not (error.__doc__ or "").strip().endswith((".", "`."))
        or error.__doc__ == ApiError.__doc__
    ]
    assert unsaid == []


def test_every_error_has_a_status() -> None:
    assert [error for error in errors() if not 400 <= error.status < 600] == []


def test_codes_are_plain_words() -> None:
    assert [error for error in errors() if not error.code.replace("_", "").isalnum()] == []


def test_codes_change_only_on_purpose() -> None:
    """They are public: to add one, add it to error_codes.txt; to rename one is to break clients."""
    assert sorted({error.code for error in errors()}) == CODES.read_text().split()
