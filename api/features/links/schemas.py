"""The wire of links."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.fields import HttpUrl, Id, In, Out, UtcTime

LinkKey = Annotated[str, Field(min_length=3, max_length=64, pattern="^[A-Za-z0-9_-]+$")]


class LinkCreate(In):
    """A new link. `destinationUrl` leads elsewhere than the campaign, where the campaign allows it."""

    link_key: LinkKey
    campaign_id: Id
    destination_url: HttpUrl | None = None


class LinkOut(Out):
    """A link; `url` is what the partner shares."""

    id: UUID
    tenant_id: UUID
    link_key: str
    partner_id: UUID
    campaign_id: UUID
    destination_url: str | None
    created_at: UtcTime
    url: str


class LinkList(Out):
    """One page of links, newest first."""

    links: list[LinkOut]
    next_cursor: str | None
