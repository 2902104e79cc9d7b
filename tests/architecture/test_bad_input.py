"""Twenty kinds of bad input for every route that takes a body: a clear 4xx each, and nothing stored."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from tests.support.bodies import BODIES, Write
from tests.support.brand import Brand, Json
from tests.support.calls import STREAMED
from tests.support.mangling import SPOILS, Field, fields, objects, put, written
from tests.support.published import Operation, operations, schema

LIMIT = 1024 * 1024
TAKES_BODY = {
    operation.id: operation
    for operation in operations()
    if "requestBody" in operation.declared and operation.id not in STREAMED
}
each_write = pytest.mark.parametrize("name", sorted(TAKES_BODY))
JSON = {"content-type": "application/json"}
Spoiled = Iterator[tuple[str, bytes, dict[str, str]]]


def test_every_write_route_has_a_body_to_spoil() -> None:
    assert set(BODIES) == set(TAKES_BODY)


@pytest.fixture
async def write(brand: Brand, name: str) -> Write:
    return await BODIES[name](brand)


def body_schema(operation: Operation) -> Json:
    [content] = operation.declared["requestBody"]["content"].values()
    found: Json = content["schema"]
    return found


def fields_of(name: str, write: Write) -> list[Field]:
    return list(fields(body_schema(TAKES_BODY[name]), write.body, schema()))


async def send(brand: Brand, name: str, write: Write, **options: Any) -> httpx2.Response:
    headers = {**(write.headers or brand.headers), **options.pop("headers", {})}
    return await brand.request(TAKES_BODY[name].method, write.path, headers=headers, **options)


async def stored(brand: Brand) -> dict[str, int]:
    """How many rows of each table belong to this brand, as the superuser counts them."""
    tables = await brand.fetch(
        "select c.table_name::text from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name)"
        " where c.table_schema = 'public' and c.column_name = 'tenant_id'"
        " and t.table_type = 'BASE TABLE' order by 1"
    )
    counts = " union all ".join(
        f"select '{row[0]}', count(*) from {row[0]} where tenant_id = $1"  # noqa: S608  # read from the catalogue
        for row in tables
    )
    return dict(await brand.fetch(counts, brand.tenant_id))


@each_write
async def test_the_body_is_accepted_as_it_is(brand: Brand, name: str, write: Write) -> None:
    """Otherwise what follows would be refused for reasons of its own."""
    answer = await send(brand, name, write, json=write.body)
    code = answer.json().get("error")
    assert (answer.status_code, code) == write.accepted, answer.text


@each_write
async def test_the_body_names_every_field(name: str, write: Write) -> None:
    for field in fields_of(name, write):
        inner: Any = write.body
        for step in field.place:
            assert step in inner if isinstance(inner, dict) else inner, field.place
            inner = inner[step]


def spoiled_fields(name: str, write: Write) -> Spoiled:
    """Each field in each way."""
    for field in fields_of(name, write):
        for kind, spoil in SPOILS.items():
            for value in spoil(field):
                yield f"{kind} {field.place}", written(put(write.body, field.place, value)), JSON


def spoiled_objects(name: str, write: Write) -> Spoiled:
    """A field that nobody knows, and one that is missing."""
    known = fields_of(name, write)
    free = {field.place for field in known if field.is_free}
    for place in objects(write.body, free):
        yield f"unknown_field {place}", written(put(write.body, (*place, "nobody"), 1)), JSON
        yield f"nul_name {place}", written(put(write.body, (*place, "a\x00b"), 1)), JSON
        yield f"surrogate_name {place}", written(put(write.body, (*place, "\ud800"), 1)), JSON
    for required in body_required(name):
        body = {key: value for key, value in write.body.items() if key != required}
        yield f"missing_field {required}", written(body), JSON


def body_required(name: str) -> list[str]:
    wanted = body_schema(TAKES_BODY[name])
    reference = wanted.get("$ref", "").rpartition("/")[2]
    found: list[str] = schema()["components"]["schemas"].get(reference, {}).get("required", [])
    return found


def spoiled_bodies(name: str, write: Write) -> Spoiled:
    """The body as a whole."""
    whole = written(write.body)
    yield "cut_off", whole[:-1], JSON
    yield "trailing", whole + b"]", JSON
    yield "single_quotes", whole.replace(b'"', b"'"), JSON
    yield "not_utf8", whole[:-1] + b', "\xff\xfe": 1}', JSON
    yield "control_characters", b"\x00\x01\x02", JSON
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"):
        yield f"content_type {kind}", whole, {"content-type": kind}
    yield "multipart", b"--x\r\n\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}
    yield "array", b"[" + whole + b"]", JSON
    yield "text", b'"' + b"x" * 100 + b'"', JSON
    yield "number", b"5", JSON
    yield "nested", b"[" * 10_000, JSON
    if TAKES_BODY[name].declared["requestBody"].get("required"):
        yield "empty", b"", JSON
        yield "null", b"null", JSON
    if body_required(name):
        yield "empty_object", b"{}", JSON


@each_write
async def test_bad_input_is_a_clear_4xx_and_stores_nothing(
    brand: Brand, name: str, write: Write
) -> None:
    before = await stored(brand)
    odd: list[tuple[str, int, str]] = []
    tried: set[str] = set()
    for source in (spoiled_fields, spoiled_objects, spoiled_bodies):
        for what, content, headers in source(name, write):
            answer = await send(brand, name, write, content=content, headers=headers)
            tried.add(what.partition(" ")[0])
            code = answer.json().get("error")
            if (answer.status_code, code) != (400, "invalid_body"):
                odd.append((what, answer.status_code, answer.text[:200]))
    assert odd == []
    assert len(tried) >= 20
    assert await stored(brand) == before


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """Without a length that could be looked at beforehand."""
    yield b'{"a": "'
    for _ in range(size // 65_536 + 1):
        yield b"x" * 65_536
    yield b'"}'


@each_write
async def test_a_body_over_1_mib_is_refused_with_and_without_a_length(
    brand: Brand, name: str, write: Write
) -> None:
    before = await stored(brand)
    for content in (b'{"a": "' + b"x" * LIMIT + b'"}', in_pieces(LIMIT)):
        answer = await send(brand, name, write, content=content, headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert await stored(brand) == before


@pytest.mark.parametrize(
    "content",
    [b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"\\ud800": 1e400}', b"NaN", b'{"a": NaN}',
     b"[" * 10_000, b'{"a":' * 10_000, b"\xff", b'{"a": ' + b"9" * 5000 + b"}"],
    ids=range(9),
)  # fmt: skip
async def test_a_body_that_nobody_asked_for_harms_nothing(brand: Brand, content: bytes) -> None:
    answer = await brand.request(
        "POST", "/payouts/run", content=content, headers={**brand.headers, **JSON}
    )
    assert answer.status_code < 500, answer.text
