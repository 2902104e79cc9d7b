"""The wire of a partner's own terms."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.features.terms.for_others import CommissionSnapshot
from api.fields import Id, Number, Out, UtcTime

Kind = Literal["percent", "fixed"]


class SnapshotPut(CommissionSnapshot):
    """Other terms from now on, for every campaign that the partner promotes, or for `campaignId`.

    It replaces what was agreed before; what it doesn't name is as the campaign has it today.
    """

    commission_type: Kind
    commission_value: Annotated[Number, Field(ge=0, le=Decimal("1e9"))]
    campaign_id: Id | None = None


class Snapshot(Out):
    """Terms of the partner's own. `source`: `approval`, on joining; `amendment`, agreed later."""

    partner_id: UUID
    commission_type: Kind
    commission_value: float
    currency: str | None
    recurring: bool
    holdback_days: int | None
    event_types: list[str]
    source: str
    snapshotted_at: UtcTime


class CampaignSnapshot(Out):
    """A campaign that the partner promotes; `snapshot` is null where its own terms hold."""

    campaign_id: UUID
    campaign_name: str
    snapshot: Snapshot | None


class SnapshotAnswer(Out):
    """`snapshot`: what the campaigns with terms of the partner's own have in common, else null."""

    snapshot: Snapshot | None
    snapshots: list[CampaignSnapshot]


class SnapshotDeleted(Out):
    """The campaigns' own terms hold from now on."""

    ok: bool


class Backfill(Out):
    """How many partners were looked at, and how they stand.

    A grant has kept its terms from the day it began, so nothing is ever left to insert, and no
    partner with several campaigns is ambiguous. `noCampaignRule`: partners without any grant.
    """

    scanned: int
    inserted: int
    ambiguous: int
    already_had_snapshot: int
    no_campaign_rule: int
