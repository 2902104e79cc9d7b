"""The wire of partners."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.features.terms.for_others import CommissionSnapshot
from api.fields import Email, Id, In, Metadata, Name, Out, UtcTime

Reason = Annotated[str, Field(max_length=500)]
GrantSource = Literal["admin", "offering"]
# What the metadata of partners say in `source` whom the network brought.
NETWORK = "openpartner_network"


class PartnerCreate(In):
    """A new partner. Without `campaignIds` every campaign is granted, with an empty list none.

    With `sendInvite` false the partner is active at once and gets no mail.
    """

    email: Email
    name: Name
    metadata: Metadata = Field(default_factory=dict)
    send_invite: bool = True
    campaign_ids: Annotated[tuple[Id, ...], Field(max_length=1000)] | None = None
    campaign_grant_source: GrantSource = "admin"
    commission_snapshot: CommissionSnapshot | None = None

    @property
    def grant_source(self) -> GrantSource:
        """Whom the network brings was granted by its offering, unless it is said otherwise."""
        brought = self.metadata.get("source") == NETWORK
        unsaid = "campaign_grant_source" not in self.model_fields_set
        return "offering" if brought and unsaid else self.campaign_grant_source


class PartnerRevoke(In):
    """Why, and whether the partner is told; the notice contains the reason."""

    reason: Reason | None = None
    notify: bool = True


class PartnerOut(Out):
    """A partner: invited until `activatedAt`, shut out while `revokedAt` is set.

    Without `approvedAt` they signed up by themselves, and wait for an admin.
    """

    id: UUID
    tenant_id: UUID
    email: str
    name: str
    stripe_connect_account_id: str | None
    details: Annotated[
        dict[str, Any], Field(validation_alias="details", serialization_alias="metadata")
    ]
    created_at: UtcTime
    updated_at: UtcTime
    approved_at: UtcTime | None
    activated_at: UtcTime | None
    revoked_at: UtcTime | None
    revoke_reason: str | None


class PartnerCreated(PartnerOut):
    """The new partner; `invited` says that a mail with a sign-in link is on its way."""

    invited: bool


class PartnerList(Out):
    """One page of partners, newest first."""

    partners: list[PartnerOut]
    next_cursor: str | None


class PartnerRevocation(Out):
    """`notified`: a notice is on its way; mail is queued, so `notifyError` stays null."""

    ok: bool
    revoked_at: UtcTime
    notified: bool
    notify_error: str | None


class PartnerReinstated(Out):
    """The partner may sign in again; keys and sessions from before stay dead."""

    ok: bool


class PartnerInvited(Out):
    """A mail with a fresh sign-in link is on its way."""

    ok: bool
