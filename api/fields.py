"""The two kinds of wire object, and the field types that schemas share."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.deep_links import host_of

MAX_DEPTH = 16
MAX_METADATA_CHARACTERS = 10_000
MAX_URL = 2048


def _refuse_unstorable(value: Any, depth: int = 0) -> None:
    """PostgreSQL stores no NUL, lone surrogate or infinity, and nobody means to send them."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and _has_surrogate(value)):
            raise ValueError("contains characters that can't be stored")
    elif isinstance(value, float) and not isfinite(value):
        raise ValueError("contains a number that is too large")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key, depth + 1)
            _refuse_unstorable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, depth + 1)


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)


class In(BaseModel):
    """What a client sends, in camelCase. Unknown fields are refused, so that a typo is heard."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        frozen=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        _refuse_unstorable(value)
        return value


class Out(BaseModel):
    """What we answer, in camelCase. No field has a default, so clients know that all are there."""

    model_config = ConfigDict(
        from_attributes=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


def _email(value: str) -> str:
    try:
        parsed = validate_email(value, check_deliverability=False)
    except EmailNotValidError as problem:
        raise ValueError(str(problem)) from problem
    return parsed.normalized.lower()


def _http_url(value: str) -> str:
    host_of(value)
    return value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _in_calendar(value: datetime) -> datetime:
    if not 1970 <= value.year < 2200:  # noqa: PLR2004  # what partitions, webhooks and people can mean
        raise ValueError("must lie between 1970 and 2200")
    return value


def _written_out(value: object) -> object:
    # Pydantic would take a bare number for seconds since 1970, and so a typing error for a date.
    if isinstance(value, datetime) or (isinstance(value, str) and ":" in value):
        return value
    raise ValueError("must be a time such as 2026-01-31T09:30:00Z")


def _bounded_metadata(value: dict[str, Any]) -> dict[str, Any]:
    if len(str(value)) > MAX_METADATA_CHARACTERS:
        raise ValueError(f"is longer than {MAX_METADATA_CHARACTERS} characters")
    return value


def _decimal(value: object) -> object:
    # A JSON number arrives as a float whose shortest text is what the client wrote.
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  # Pydantic turns ValueError into a field error
    return str(value) if isinstance(value, float) else value


# Ids are opaque to clients: one that can't be a UUID is unknown, not malformed.
Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Email = Annotated[
    str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_email)
]
HttpUrl = Annotated[
    str, Field(max_length=MAX_URL, json_schema_extra={"format": "uri"}), AfterValidator(_http_url)
]
# The calendar first: the year 1 east of Greenwich has no UTC to convert to.
Time = Annotated[
    AwareDatetime,
    BeforeValidator(_written_out),
    AfterValidator(_in_calendar),
    AfterValidator(_utc),
]
# Keys of theirs are kept to the letter, spaces included.
Key = Annotated[str, StringConstraints(strip_whitespace=False)]
Metadata = Annotated[dict[Key, Any], AfterValidator(_bounded_metadata)]
Number = Annotated[Decimal, BeforeValidator(_decimal)]
Amount = Annotated[Number, Field(ge=0, le=Decimal("1e12"))]
Currency = Annotated[
    str, BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text),
    Field(pattern="^[A-Z]{3}$"),
]  # fmt: skip
UtcTime = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: (
            moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ),
        return_type=str,
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
