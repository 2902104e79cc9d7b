"""The wire of a partner's own terms."""

from typing import Literal, Self
from uuid import UUID

from pydantic import model_validator

from api.features.terms.for_others import ApprovalOut, CapOut, CommissionSnapshot, SubRuleOut
from api.fields import Id, Out, UtcTime

Kind = Literal["percent", "fixed"]


class SnapshotPut(CommissionSnapshot):
    """Other terms from now on, for every campaign that the partner promotes, or for `campaignId`.

    It replaces what was agreed before; what it doesn't name is as the campaign has it today.
    """

    campaign_id: Id | None = None

    @model_validator(mode="after")
    def _says_what_is_paid(self) -> Self:
        if not self.is_agreed:
            raise ValueError("needs commissionType and commissionValue, or commissionRules")
        return self


class Snapshot(Out):
    """Terms of the partner's own. `source`: `approval`, on joining; `amendment`, agreed later.

    With `commissionRules`, the fields of a single rule tell of the first of them.
    """

    partner_id: UUID
    commission_type: Kind
    commission_value: float
    currency: str | None
    recurring: bool
    holdback_days: int | None
    event_types: list[str]
    commission_rules: list[SubRuleOut] | None
    commission_caps: list[CapOut]
    approval: ApprovalOut | None
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
