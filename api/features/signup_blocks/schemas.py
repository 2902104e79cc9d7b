"""The wire of the blocklist."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.fields import In, Out, UtcTime

Value = Annotated[str, Field(min_length=3, max_length=254, examples=["spam.example"])]
Reason = Annotated[str, Field(max_length=500)]


class BlockCreate(In):
    """`value` is an address, or a domain whose sub-domains are blocked with it."""

    kind: Literal["email", "domain"]
    value: Value
    reason: Reason | None = None

    @model_validator(mode="after")
    def _one_of_its_kind(self) -> Self:
        if ("@" in self.value) != (self.kind == "email"):
            raise ValueError("an address has an @, and a domain has none")
        return self


class BlockOut(Out):
    """From here nobody signs a brand up."""

    id: UUID
    kind: Literal["email", "domain"]
    value: str
    reason: str | None
    created_by: str
    created_at: UtcTime


class BlockList(Out):
    """Newest first."""

    blocks: list[BlockOut]
    next_cursor: str | None


class Unblocked(Out):
    """It is blocked no more."""

    ok: Literal[True]
