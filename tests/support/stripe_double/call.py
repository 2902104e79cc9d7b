"""One request to Stripe as its resources see it, and the form encoding that it came in."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]
_PART = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Call:
    """`params` are nested; every leaf is the text that was sent. `ids` come from the address."""

    method: str
    path: str
    params: Json
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")

    @property
    def account(self) -> str | None:
        """The connected account that is looked into."""
        return self.headers.get("stripe-account")

    def text(self, name: str) -> str | None:
        found = self.params.get(name)
        return found if isinstance(found, str) else None

    def whole(self, name: str) -> int | None:
        found = self.text(name)
        return None if found is None else int(found)

    def flag(self, name: str) -> bool | None:
        found = self.text(name)
        return None if found is None else found == "true"

    def mapping(self, name: str) -> Json:
        """Metadata and its like."""
        found = self.params.get(name)
        return found if isinstance(found, dict) else {}


def unform(encoded: str) -> Json:
    """`a[b]=1&c[0]=x` is `{"a": {"b": "1"}, "c": ["x"]}`."""
    nested: Json = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        first, _, rest = name.partition("[")
        path = [first, *_PART.findall(f"[{rest}" if rest else "")]
        place = nested
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    listed = _listed(nested)
    assert isinstance(listed, dict)
    return listed


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(inner) for key, inner in value.items()}
