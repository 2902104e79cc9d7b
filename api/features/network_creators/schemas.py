"""The wire of a creator; what comes back is the network's own."""

from typing import Annotated

from pydantic import Field

from api.fields import HttpUrl, In, Metadata, Name

Slug = Annotated[str, Field(min_length=2, max_length=40, pattern="^[A-Za-z0-9_-]+$")]


class Application(In):
    """Why, and how the link should read if it is free."""

    message: Annotated[str, Field(max_length=2000)] | None = None
    preferred_slug: Slug | None = None


class CreatorChange(In):
    """What isn't named stays."""

    name: Name | None = None
    handle: Slug | None = None
    avatar_url: HttpUrl | None = None
    bio: Annotated[str, Field(max_length=2000)] | None = None
    profile: Metadata | None = None
