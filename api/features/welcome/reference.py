"""Turns the published schema into what the reference page shows: groups of operations."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from api.features.welcome.fields import Field, Schemas

Json = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = re.compile(r"`([a-z_0-9]+)`: (.*?)(?= `[a-z_0-9]+`: |$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What can go wrong."""

    status: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, ready to be shown."""

    id: str
    method: str
    path: str
    summary: str
    permission: str | None
    parameters: list[Field]
    fields: list[Field]
    example: str | None
    status: str
    answer: str | None
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Group:
    """Operations about the same thing."""

    name: str
    anchor: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything, with what most operations share said once."""

    version: str
    groups: list[Group]
    common: list[Problem]


def read_reference(schema: Json) -> Reference:
    """Groups by tag, operations in the order of routes.py."""
    schemas = Schemas(schema["components"]["schemas"])
    operations = [
        (operation.get("tags", ["Other"])[0], _operation(method, path, operation, schemas))
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    common = _common([operation for _, operation in operations])
    groups: dict[str, list[Operation]] = {}
    for tag, operation in operations:
        groups.setdefault(tag, []).append(operation)
    return Reference(
        schema["info"]["version"],
        [
            Group(name, re.sub(r"\W+", "-", name.lower()), found)
            for name, found in sorted(groups.items())
        ],
        common,
    )


def _operation(method: str, path: str, operation: Json, schemas: Schemas) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    status = min(operation["responses"])
    answer = operation["responses"][status].get("content", {}).get("application/json", {})
    required = [scope for scheme in operation.get("security", []) for scope in scheme.values()]
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("description") or operation["summary"],
        permission=required[0][0] if required and required[0] else None,
        parameters=[_parameter(entry, schemas) for entry in operation.get("parameters", [])],
        fields=list(schemas.fields(body.get("schema", {}))),
        example=_pretty(body.get("example")),
        status=status,
        answer=_pretty(answer.get("example")),
        problems=_problems(operation["responses"]),
    )


def _parameter(entry: Json, schemas: Schemas) -> Field:
    where = {"path": "in the address", "query": "query", "header": "header"}[entry["in"]]
    words = f"{schemas.phrase(entry['schema'])} ({where})"
    return Field(entry["name"], words, entry.get("required", False), entry.get("description", ""))


def _problems(responses: Json) -> list[Problem]:
    return [
        Problem(status, code, sentence.strip())
        for status, response in sorted(responses.items())
        if "x-codes" in response
        for code, sentence in PROBLEM.findall(response["description"])
    ]


def _common(operations: list[Operation]) -> list[Problem]:
    """What more than half of all operations may answer."""
    counted = Counter(problem for operation in operations for problem in set(operation.problems))
    often = [problem for problem, count in counted.items() if count > len(operations) / 2]
    return sorted(often, key=lambda problem: (problem.status, problem.code))


def _pretty(example: Any) -> str | None:
    return None if example is None else json.dumps(example, indent=2, ensure_ascii=False)
