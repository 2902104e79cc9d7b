"""The wire of what operators see of brands, and decide."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.fields import In, Out, UtcTime

Reason = Annotated[str, Field(min_length=1, max_length=500)]
State = Literal["active", "suspended", "pending", "approved", "rejected", "pending_deletion"]


class Decision(In):
    """Why, in words that the brand is mailed unless `notifyBrand` is false."""

    reason: Reason
    notify_brand: bool = True


class Rejection(Decision):
    """Also shut its admins' addresses, or their domains, out of signing up again."""

    ban_email: bool = False
    ban_domain: bool = False


class Block(In):
    """Why the campaign's links shall lead nowhere."""

    reason: Reason


class PlanChange(In):
    """What was agreed with the brand; null: it chooses and pays by itself, as the others do."""

    plan: Literal["enterprise"] | None


class BrandOut(Out):
    """A brand, as far as the installation is concerned with it."""

    id: UUID
    slug: str
    display_name: str
    status: Literal["active", "suspended", "deleted"]
    approval_status: Literal["pending", "approved", "rejected"]
    created_at: UtcTime
    suspended_at: UtcTime | None
    pending_deletion_at: UtcTime | None


class BrandList(Out):
    """Newest first."""

    brands: list[BrandOut]
    next_cursor: str | None


class BrandAdmin(Out):
    """Somebody who runs the brand's program."""

    email: str
    name: str
    activated_at: UtcTime | None
    revoked_at: UtcTime | None
    last_sign_in_at: UtcTime | None


class BrandDomain(Out):
    """A host name that the brand claims; it is theirs once verified."""

    host: str
    purpose: Literal["portal", "links"]
    verified_at: UtcTime | None


class BrandCampaign(Out):
    """A campaign, for who has to judge where its links lead."""

    id: UUID
    name: str
    destination_url: str
    blocked_at: UtcTime | None
    blocked_reason: str | None


class BrandDetail(BrandOut):
    """The brand with its people, its domains and its newest hundred campaigns; nothing of its customers."""

    status_reason: str | None
    plan: Literal["flex", "revshare", "enterprise"] | None
    in_trial: bool
    subscribed: bool
    partner_count: int
    admins: list[BrandAdmin]
    domains: list[BrandDomain]
    campaigns: list[BrandCampaign]
