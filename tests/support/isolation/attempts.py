"""Every way in which a brand's request may name what is another's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api.web.pages import cursor_of
from shared.ids import new_id
from tests.support.brand import Json
from tests.support.published import Operation

# What may come of each: `unauthorized` alone, or anything but the other's data.
SHUT, OPEN = "shut", "open"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of the intruder's; `kind` is how it names the other brand."""

    kind: str
    path: str
    body: Json | None = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    expected: str = OPEN


@dataclass(frozen=True, slots=True)
class Side:
    """A brand's own request of one operation, and what opens its doors."""

    slug: str
    key: dict[str, str]
    cookie: dict[str, str]
    path: str
    body: Json | None
    host: str


class Row:
    """Something with an id, as cursors are made of."""

    def __init__(self, id: UUID) -> None:
        self.id = id


def attempts(operation: Operation, mine: Side, theirs: Side, an_id: str) -> Iterator[Attempt]:
    """All that make sense of this operation. `an_id` is one of the other brand's."""
    if operation.permissions:
        yield from _at_their_doors(mine, theirs)
    else:
        at = f"/t/{theirs.slug}{theirs.path}"
        yield Attempt("key at everybody's route", at, theirs.body, headers=mine.key)
    yield from _with_their_ids(operation, mine, theirs)
    yield from _with_their_words(mine, theirs)
    for parameter in operation.declared.get("parameters", ()):
        if parameter["in"] == "query":
            yield from _asking_for_theirs(parameter["name"], mine, an_id)


def _at_their_doors(mine: Side, theirs: Side) -> Iterator[Attempt]:
    at = f"/t/{theirs.slug}{theirs.path}"
    yield Attempt("key at a foreign slug", at, theirs.body, headers=mine.key, expected=SHUT)
    yield Attempt("cookie at a foreign slug", at, theirs.body, headers=mine.cookie, expected=SHUT)
    host = {"Host": theirs.host}
    for kind, opener in (("key", mine.key), ("cookie", mine.cookie)):
        yield Attempt(
            f"{kind} at a foreign host", theirs.path, theirs.body, headers=opener | host,
            expected=SHUT,
        )  # fmt: skip


def own(operation: Operation, mine: Side) -> Iterator[Attempt]:
    """The brand's own reading, in which nothing of the other's may stand."""
    if operation.method == "GET":
        yield Attempt("own request, foreign content", mine.path, None, headers=mine.key)


def _with_their_ids(operation: Operation, mine: Side, theirs: Side) -> Iterator[Attempt]:
    """Each id of the address theirs in turn, and all at once."""
    template = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", operation.path.removeprefix("/api"))
    own, foreign = (re.fullmatch(template, side.path) for side in (mine, theirs))
    if own is None or foreign is None:
        return
    differing = [name for name in own.groupdict() if own[name] != foreign[name]]
    for name in differing:
        ids = own.groupdict() | {name: foreign[name]}
        yield Attempt(
            "foreign id in the address", _filled(operation, ids), mine.body, headers=mine.key
        )
    if len(differing) > 1:
        path = _filled(operation, foreign.groupdict())
        yield Attempt("foreign address", path, mine.body, headers=mine.key)


def _filled(operation: Operation, ids: dict[str, str]) -> str:
    path = operation.path.removeprefix("/api")
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _with_their_words(mine: Side, theirs: Side) -> Iterator[Attempt]:
    """Each word of the body that is another in theirs: ids, crefs, codes, names, tokens."""
    if mine.body is None or theirs.body is None:
        return
    for place, value in _differences(mine.body, theirs.body):
        yield Attempt(
            "foreign reference in the body", mine.path, _put(mine.body, place, value),
            headers=mine.key,
        )  # fmt: skip
    if "metadata" in mine.body:
        named = {**mine.body["metadata"], "openpartner_tenant_id": theirs.slug}
        body = {**mine.body, "metadata": named}
        yield Attempt("tenant named in metadata", mine.path, body, headers=mine.key)


def _asking_for_theirs(name: str, mine: Side, an_id: str) -> Iterator[Attempt]:
    if name == "cursor":
        query = {"cursor": cursor_of(Row(UUID(an_id)))}
        yield Attempt("foreign cursor", mine.path, None, query, mine.key)
    elif name.endswith("Id") or name == "subject":
        yield Attempt("foreign id in the query", mine.path, None, {name: an_id}, mine.key)
    elif name in {"email", "q", "actor"}:
        yield Attempt("foreign name in the query", mine.path, None, {name: f"x{an_id}"}, mine.key)


def keyed(operation: Operation) -> bool:
    """Whether it takes an Idempotency-Key, which the other brand may have used."""
    parameters = operation.declared.get("parameters", ())
    return any(parameter["name"] == "Idempotency-Key" for parameter in parameters)


def fresh_key() -> str:
    return f"key-{new_id()}"


def _differences(own: Any, foreign: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    if isinstance(own, dict) and isinstance(foreign, dict):
        for name in own.keys() & foreign.keys():
            yield from _differences(own[name], foreign[name], (*place, name))
    elif isinstance(own, list) and isinstance(foreign, list):
        for number, pair in enumerate(zip(own, foreign, strict=False)):
            yield from _differences(*pair, (*place, number))
    elif isinstance(own, str) and own != foreign:
        yield place, foreign


def _put(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    first, *rest = place
    if isinstance(body, dict):
        return {**body, first: _put(body[first], tuple(rest), value)}
    return [_put(one, tuple(rest), value) if n == first else one for n, one in enumerate(body)]
