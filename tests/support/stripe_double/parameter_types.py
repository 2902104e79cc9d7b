"""The parameter types of the `stripe` package, by address, and whether a request fits them."""

import ast
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import stripe
from stripe import RequestOptions
from stripe._api_version import _ApiVersion

API_VERSION = _ApiVersion.CURRENT
PACKAGE = Path(stripe.__file__).parent
# Ours to the library, and never on the wire.
OPTIONS = frozenset(RequestOptions.__annotations__)


@cache
def _services() -> list[str]:
    return [path.read_text() for path in PACKAGE.rglob("_*_service.py")]


@cache
def of(method: str, template: str) -> type | None:
    """The TypedDict of an address's parameters, whatever the address calls its ids."""
    address = re.sub(r"\\\{\w+\\\}", r"\{\\w+\}", re.escape(template))
    wanted = re.compile(f'"{address}"')
    for text in _services():
        if wanted.search(text):
            for found in _read(ast.parse(text), method.lower(), wanted):
                return found
    return None


def _read(tree: ast.Module, verb: str, wanted: re.Pattern[str]) -> Iterator[type]:
    """Reads off a service of the library which method calls the address, and with what."""
    for method in (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)):
        calls = re.search(r"_request_async\(\s*'(\w+)', ([^,]+)", ast.unparse(method))
        named = re.search(r"params: .*?(\w+Params)", ast.unparse(method.args))
        if calls and named and calls[1] == verb and wanted.match(calls[2].replace("'", '"')):
            yield _found(tree, named[1])


def _found(tree: ast.Module, name: str) -> type:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and name in {each.name for each in node.names}:
            typed = getattr(import_module(node.module or ""), name)
            assert isinstance(typed, type)
            return typed
    raise LookupError(name)


def problems(typed: type, sent: Any, where: str = "") -> list[str]:
    """What of the parameters, whose leaves are all text, doesn't fit the TypedDict."""
    if not isinstance(sent, dict):
        return [f"{where or 'the parameters'} should have fields"]
    hints = {name: hint for name, hint in _hints(typed).items() if name not in OPTIONS}
    required = typed.__required_keys__ - OPTIONS  # type: ignore[attr-defined]  # every TypedDict has it
    found = [f"{where}{name} is missing" for name in sorted(required - sent.keys())]
    for name, value in sent.items():
        if name not in hints:
            found.append(f"{where}{name} is unknown")
        elif not _fits(hints[name], value):
            found.append(f"{where}{name} can't be {value!r}")
            for inner in _typed_dicts(hints[name]):
                found += problems(inner, value, f"{where}{name}.")
    return found


@cache
def _hints(typed: type) -> dict[str, Any]:
    # The options, which every TypedDict inherits, name types that its own module doesn't know.
    return get_type_hints(typed, localns={"StripeContext": object, "Mapping": Mapping})


def _typed_dicts(hint: Any) -> list[type]:
    each = get_args(hint) or (hint,)
    return [
        inner for inner in each if isinstance(inner, type) and hasattr(inner, "__required_keys__")
    ]


def _fits(hint: Any, value: Any) -> bool:
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType, NotRequired, Required}:
        return any(_fits(each, value) for each in inside)
    if origin is Literal:
        return isinstance(value, str) and value in {str(each) for each in inside}
    if origin is list:
        return isinstance(value, list) and all(_fits(inside[0], each) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(inside[1], each) for each in value.values())
    if hasattr(hint, "__required_keys__"):
        return not problems(hint, value)
    return _leaf(hint, value)


def _leaf(hint: Any, value: Any) -> bool:
    if hint in {Any, object}:
        return True
    if not isinstance(value, str) or hint is NoneType:
        return False
    patterns = {
        int: r"-?\d+",
        bool: "true|false",
        float: r"-?\d+(\.\d+)?",
        Decimal: r"-?\d+(\.\d+)?",
    }
    return hint is str or re.fullmatch(patterns.get(hint, "$ ^"), value) is not None
