"""Spoils a valid body in every way that its schema forbids: pure, from OpenAPI alone."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Place = tuple[str | int, ...]

SAMPLES: Json = {
    "null": None, "boolean": True, "number": 12.5, "string": "perhaps", "array": [], "object": {},
}  # fmt: skip
DEEP = 10_000
DEEPER_THAN_STORED = 40
MARK = "@raw@"


@dataclass(frozen=True, slots=True)
class Raw:
    """A token as it is, since JSON has no honest way to write it: `NaN`, a million brackets."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field stands in the body, and the shapes that the schema allows there."""

    place: Place
    shapes: tuple[Json, ...]

    @property
    def types(self) -> set[str]:
        return {kind for shape in self.shapes for kind in types_of(shape)}

    @property
    def is_free(self) -> bool:
        """Whether anything may stand in it, such as metadata."""
        return any(shape.get("additionalProperties") is True for shape in self.shapes)

    @property
    def is_bounded(self) -> bool:
        bounds = {"maximum", "le", "exclusiveMaximum", "lt"}
        return "number" not in self.types or any(bounds & set(shape) for shape in self.shapes)

    @property
    def is_time(self) -> bool:
        return any(shape.get("format") == "date-time" for shape in self.shapes)

    @property
    def is_address(self) -> bool:
        return "string" in self.types and str(self.place[-1]).lower().endswith("url")


def types_of(shape: Json) -> set[str]:
    if "type" in shape:
        return {shape["type"]}
    values = [shape["const"]] if "const" in shape else shape.get("enum", [])
    return {"string" for value in values if isinstance(value, str)}


def shapes_of(schema: Json, whole: Json) -> tuple[Json, ...]:
    """The schema's alternatives, references resolved; bounds beside them stay with each."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return shapes_of(whole["components"]["schemas"][name], whole)
    inner = schema.get("anyOf", schema.get("oneOf"))
    if inner is None:
        return (schema,)
    beside = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}
    return tuple({**beside, **shape} for each in inner for shape in shapes_of(each, whole))


def fields(schema: Json, body: Any, whole: Json, place: Place = ()) -> Iterator[Field]:
    """Every field that the body has, or could have."""
    for shape in shapes_of(schema, whole):
        if isinstance(body, dict) and chosen(shape, body):
            for name, inner in shape["properties"].items():
                yield Field((*place, name), shapes_of(inner, whole))
                yield from fields(inner, body.get(name), whole, (*place, name))
        elif isinstance(body, list) and body and shape.get("type") == "array":
            yield Field((*place, 0), shapes_of(shape["items"], whole))
            yield from fields(shape["items"], body[0], whole, (*place, 0))


def chosen(shape: Json, body: Json) -> bool:
    """Whether this alternative is the one that the body follows."""
    known = shape.get("properties", {})
    return bool(known) and all(
        body.get(name) == inner["const"] for name, inner in known.items() if "const" in inner
    )


def objects(body: Any, free: set[Place], place: Place = ()) -> Iterator[Place]:
    """Where objects stand whose fields the schema lists."""
    if isinstance(body, dict) and place not in free:
        yield place
        for name, inner in body.items():
            yield from objects(inner, free, (*place, name))


def put(body: Json, place: Place, value: Any) -> Json:
    """A copy of the body with this value in that place."""
    changed = deepcopy(body)
    target: Any = changed
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return changed


def written(body: Any) -> bytes:
    """As JSON, with raw tokens as they are."""
    raws: list[str] = []

    def mark(value: Any) -> str:
        raws.append(value.text)
        return f"{MARK}{len(raws) - 1}{MARK}"

    text = json.dumps(body, default=mark)
    for number, raw in enumerate(raws):
        text = text.replace(f'"{MARK}{number}{MARK}"', raw, 1)
    return text.encode()


Spoil = Callable[[Field], Iterator[Any]]
SPOILS: dict[str, Spoil] = {}


def spoil(work: Spoil) -> Spoil:
    SPOILS[work.__name__] = work
    return work


@spoil
def wrong_type(field: Field) -> Iterator[Any]:
    for kind, sample in SAMPLES.items():
        if kind not in field.types:
            yield sample
    # A password may be any text; every other format is one that this isn't.
    shapes = [shape for shape in field.shapes if shape.get("format") != "password"]
    if any({"format", "pattern", "enum", "const"} & set(shape) for shape in shapes):
        yield "so und so!"


@spoil
def too_long(field: Field) -> Iterator[Any]:
    if field.is_free:
        yield {"note": "x" * 20_000}
    elif "string" in field.types:
        yield "x" * 100_000
    if "array" in field.types:
        yield ["x"] * 10_000


@spoil
def nul_byte(field: Field) -> Iterator[Any]:
    yield from within(field, "a\x00b")


@spoil
def lone_surrogate(field: Field) -> Iterator[Any]:
    yield from within(field, "a\ud800b")


@spoil
def deep_nesting(field: Field) -> Iterator[Any]:
    for depth in (DEEPER_THAN_STORED, DEEP):
        yield from within(field, Raw("[" * depth + "]" * depth))
        yield from within(field, Raw('{"a":' * depth + "1" + "}" * depth))


@spoil
def huge_number(field: Field) -> Iterator[Any]:
    for token in ("1e400", "-1e400", "9" * 5000):
        yield from within(field, Raw(token))
    if field.is_bounded and not field.is_free:
        yield Raw("1" + "0" * 30)


@spoil
def not_a_number(field: Field) -> Iterator[Any]:
    for token in ("NaN", "Infinity", "-Infinity"):
        yield from within(field, Raw(token))


@spoil
def bad_date(field: Field) -> Iterator[Any]:
    if field.is_time:
        yield from (
            "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00", "2026-01-01", "tomorrow", "1767225600", 1767225600,
            "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "-2026-01-01T00:00:00Z",
        )  # fmt: skip


@spoil
def script_address(field: Field) -> Iterator[Any]:
    if field.is_address:
        yield from (
            "javascript:alert(1)", "JavaScript:alert(1)//https://shop.example", "data:text/html,x",
            "vbscript:x", "file:///etc/passwd", "//shop.example", "shop.example", "https://",
            "https://u:p@shop.example/", "https://shop.example:99999/",
        )  # fmt: skip


@spoil
def line_break_in_address(field: Field) -> Iterator[Any]:
    if field.is_address:
        yield from ("https://shop.example/\r\nSet-Cookie: a=b", "https://shop.example/a\nb",
                    "https://shop.example/a\rb", "https://sh\top.example/")  # fmt: skip


def within(field: Field, value: Any) -> Iterator[Any]:
    """The value itself where the schema says what may stand there, else inside of it."""
    if field.is_free:
        yield {"note": value}
        yield {"list": [1, {"note": value}]}
        if isinstance(value, str):
            yield {value: 1}
    else:
        yield value
