"""The wire of signing up by oneself."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.fields import Email, In, Metadata, Name, Out

Policy = Literal["auto_approve", "require_review"]


class PartnerSignup(In):
    """Somebody who wants to become a partner; `profile` is what they say of themselves."""

    email: Email
    name: Name
    profile: Metadata = Field(default_factory=dict)


class SignedUp(Out):
    """`active`: a mail with a link to sign in is on its way. `pending_review`: the brand decides first."""

    ok: Literal[True]
    status: Literal["active", "pending_review"]
    partner_id: UUID


class AlreadyRegistered(Out):
    """There is a partner with this address; nothing was changed, and no mail was sent."""

    ok: Literal[True]
    status: Literal["already_registered"]


class SignupPolicyChange(In):
    """What isn't named stays as it is. The policy `disabled` is short for `disabled: true`."""

    policy: Policy | Literal["disabled"] | None = None
    disabled: bool | None = None


class SignupPolicy(Out):
    """`auto_approve`: in at once; `require_review`: an admin approves. `disabled`: nobody signs up."""

    policy: Policy
    disabled: bool
