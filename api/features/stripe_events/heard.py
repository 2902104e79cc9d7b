"""An event as Stripe sent it, in whatever version of its API: pure reading, no guessing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]
# The year 2200: what lies beyond is no time that anything happened at.
LATEST = 7_258_118_400


@dataclass(frozen=True, slots=True)
class Heard:
    """`subject` is the object that the event is about, as it was then; `account` a connected one."""

    id: str
    type: str
    subject: Json
    account: str | None
    api_version: str | None
    happened_at: datetime
    payload: Json

    @property
    def object_id(self) -> str | None:
        return id_of(self.subject)

    @property
    def metadata(self) -> dict[str, str]:
        return metadata_of(self.subject)


def heard(payload: object) -> Heard:
    """Raises ValueError for what is no event of Stripe's."""
    given = payload if isinstance(payload, dict) else {}
    data = given.get("data")
    subject = data.get("object") if isinstance(data, dict) else None
    named, kind, created = _text(given.get("id")), _text(given.get("type")), given.get("created")
    dated = isinstance(created, int) and 0 <= created < LATEST
    if named is None or kind is None or not dated or not isinstance(subject, dict):
        raise ValueError("This is no event of Stripe's.")
    return Heard(
        id=named[:255],
        type=kind[:255],
        subject=subject,
        account=_text(given.get("account")) or _itself(kind, subject),
        api_version=_text(given.get("api_version")),
        happened_at=datetime.fromtimestamp(created or 0, UTC),
        payload=given,
    )


def _itself(kind: str, subject: Json) -> str | None:
    """What is said of an account comes from it, whether or not the event says so as well."""
    return id_of(subject) if kind.startswith("account.") else None


def storable(value: Any) -> Any:
    """The same without what PostgreSQL can't store: NULs, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def id_of(value: object) -> str | None:
    """Of something that stands there as its id, or expanded."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return _text(value)


def metadata_of(value: object) -> dict[str, str]:
    """What the merchant wrote on an object."""
    found = value.get("metadata") if isinstance(value, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    return {str(name): text for name, text in found.items() if isinstance(text, str) and text}


def listed(value: object) -> list[Json]:
    """The objects of a list within an object."""
    data = value.get("data") if isinstance(value, Mapping) else value
    return [each for each in data if isinstance(each, Mapping)] if isinstance(data, list) else []


def moment(seconds: object) -> datetime | None:
    """A time as Stripe writes it."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
