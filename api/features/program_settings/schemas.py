"""The wire of program settings."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.fields import Email, HttpUrl, In, Out


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


CLEARED = BeforeValidator(_none_if_empty)
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class ProgramUpdate(In):
    """Name and support address go away when they are omitted or empty; the rest when it is empty.

    Clients that don't know a color or terms can't wipe them by accident. A logo comes by upload;
    here it can only be taken away.
    """

    program_name: Annotated[Annotated[str, Field(min_length=1, max_length=120)] | None, CLEARED] = (
        None
    )
    support_email: Annotated[Email | None, CLEARED] = None
    brand_color: Annotated[Color | None, CLEARED] = None
    terms_url: Annotated[HttpUrl | None, CLEARED] = None
    logo_url: Literal[""] | None = Field(None, description="Empty takes the logo away.")


class ProgramOut(Out):
    """What the program calls itself, and where its people ask for help."""

    program_name: str
    support_email: str | None
    logo_url: str | None
    brand_color: str | None
    terms_url: str | None
