"""Says in words what a JSON schema asks for: `a list of text`, `a whole number from 1 to 365`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

DEEPEST = 3
FORMATS = {"date-time": "a time", "uuid": "an id", "password": "a secret"}
NAMES = {"boolean": "true or false", "null": "null", "object": "an object"}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table: `smtp.port`, what it holds, and whether it must be there."""

    name: str
    type: str
    required: bool
    description: str


class Schemas:
    """The published schema's components, for looking names up."""

    def __init__(self, components: Json) -> None:
        self.components = components

    def resolved(self, schema: Json) -> Json:
        """The schema itself where only its name is given."""
        if "$ref" in schema:
            found: Json = self.components[schema["$ref"].rpartition("/")[2]]
            return found
        return schema

    def choices(self, schema: Json) -> list[Json]:
        """Each of the alternatives; the schema alone where there is one way only."""
        schema = self.resolved(schema)
        ways = schema.get("anyOf") or schema.get("oneOf")
        if not ways:
            return [schema]
        return [choice for way in ways for choice in self.choices(way)]

    def fields(self, schema: Json, prefix: str = "", depth: int = 0) -> Iterator[Field]:
        """Every field, inner ones by their path; a field of several alternatives once, for all."""
        ways = [way for way in self.choices(schema) if "properties" in way]
        for name in dict.fromkeys(name for way in ways for name in way["properties"]):
            meant = [way["properties"][name] for way in ways if name in way["properties"]]
            yield Field(
                name=prefix + name,
                type=" or ".join(dict.fromkeys(map(self.phrase, meant))),
                required=all(name in way.get("required", []) for way in ways),
                description=meant[0].get("description", ""),
            )
            if depth < DEEPEST:
                yield from self.inner_fields({"anyOf": meant}, prefix + name, depth + 1)

    def inner_fields(self, schema: Json, name: str, depth: int) -> Iterator[Field]:
        ways = self.choices(schema)
        yield from self.fields(
            {"anyOf": [way for way in ways if "properties" in way]}, f"{name}.", depth
        )
        items = [way["items"] for way in ways if "items" in way]
        yield from self.fields({"anyOf": items}, f"{name}[].", depth)

    def phrase(self, schema: Json) -> str:
        """What it holds, in words."""
        described = dict.fromkeys(self.one_phrase(way) for way in self.choices(schema))
        words = " or ".join(described)
        if (default := schema.get("default")) not in (None, ""):
            words += f"; {json.dumps(default)} by default"
        return words

    def one_phrase(self, schema: Json) -> str:
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return "one of " + ", ".join(str(value) for value in schema["enum"])
        kind: str = schema.get("type", "anything")
        if kind == "array":
            return f"a list: {self.phrase(schema.get('items', {}))}"
        if kind == "string":
            return self.text(schema)
        if kind in {"integer", "number"}:
            return _number(schema)
        return NAMES.get(kind, kind)

    @staticmethod
    def text(schema: Json) -> str:
        words = FORMATS.get(schema.get("format", ""), "text")
        longest = schema.get("maxLength")
        return f"{words} of up to {longest} characters" if longest else words


def _number(schema: Json) -> str:
    words = "a whole number" if schema["type"] == "integer" else "a number"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None:
        words += f" from {least:g}"
    if most is not None:
        words += f" to {most:g}"
    return words
