"""Everything that this Stripe knows: objects by kind, in the order in which they were made."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex

from tests.support.stripe_double.call import Call, Json
from tests.support.stripe_double.refused import Refused, missing

USUAL_PAGE, LONGEST_PAGE = 10, 100


@dataclass(slots=True)
class Store:
    """`objects[kind][id]` is the object itself; what is answered is a copy."""

    objects: dict[str, dict[str, Json]] = field(default_factory=dict)
    # Stripe's ids are unique; tests that share a database must not meet in one either.
    token: str = field(default_factory=lambda: token_hex(5))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_double{self.token}{next(self.numbers):06d}"

    def put(self, kind: str, made: Json) -> Json:
        self.objects.setdefault(kind, {})[made["id"]] = made
        return made

    def get(self, kind: str, id: str) -> Json:
        """The object itself, to be changed. Refuses with a 404."""
        try:
            return self.objects[kind][id]
        except KeyError:
            raise missing(kind, id) from None

    def all(self, kind: str) -> list[Json]:
        return list(self.objects.get(kind, {}).values())

    def anywhere(self, id: str) -> Json | None:
        """Whatever has this id."""
        return next((kind[id] for kind in self.objects.values() if id in kind), None)

    def page(self, kind: str, call: Call, wanted: Callable[[Json], bool] = bool) -> Json:
        """Newest first, as every list of Stripe's."""
        found = [made for made in reversed(self.all(kind)) if wanted(made)]
        ids = [made["id"] for made in found]
        limit = call.whole("limit") or USUAL_PAGE
        if not 1 <= limit <= LONGEST_PAGE:
            raise Refused("This value must be between 1 and 100.", param="limit")
        first, last = 0, len(found)
        if after := call.text("starting_after"):
            first = _place(ids, after, "starting_after") + 1
        if before := call.text("ending_before"):
            last = _place(ids, before, "ending_before")
            first = max(first, last - limit)
        page = found[first : min(last, first + limit)]
        more = first > 0 if before else first + len(page) < last
        return {"object": "list", "url": call.path, "has_more": more, "data": deepcopy(page)}

    def expand(self, answer: Json, paths: list[str]) -> Json:
        """Puts objects where only their ids stood."""
        expanded = deepcopy(answer)
        for path in paths:
            self._expand(expanded, path.split("."))
        return expanded

    def _expand(self, place: Json, path: list[str]) -> None:
        name, rest = path[0], path[1:]
        inner = place.get(name)
        if isinstance(inner, str) and (known := self.anywhere(inner)) is not None:
            place[name] = inner = deepcopy(known)
        if isinstance(inner, list):
            inner = [self._whole(each) for each in inner]
            place[name] = inner
        for each in inner if isinstance(inner, list) else [inner]:
            if rest and isinstance(each, dict):
                self._expand(each, rest)

    def _whole(self, each: object) -> object:
        known = self.anywhere(each) if isinstance(each, str) else None
        return each if known is None else deepcopy(known)


def _place(ids: list[str], id: str, param: str) -> int:
    if id not in ids:
        raise Refused(f"No such object: '{id}'", code="resource_missing", param=param)
    return ids.index(id)
