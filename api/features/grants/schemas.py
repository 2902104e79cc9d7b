"""The wire of grants."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.fields import Id, In, Out, UtcTime


class GrantCreate(In):
    """Campaigns that the partner may promote from now on; unknown ones are left out."""

    campaign_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]


class GrantsAdded(Out):
    """The campaigns that are new to the partner."""

    added: list[UUID]


class GrantableCampaign(Out):
    """A campaign, and whether the partner may promote it; `grantedAt` is since when."""

    id: UUID
    name: str
    destination_url: str
    deep_link_allowed_domains: str | None
    granted: bool
    grant_source: str | None
    granted_at: UtcTime | None


class GrantableCampaigns(Out):
    """One page of campaigns, newest first."""

    campaigns: list[GrantableCampaign]
    next_cursor: str | None


class GrantEnded(Out):
    """It is done."""

    ok: bool
