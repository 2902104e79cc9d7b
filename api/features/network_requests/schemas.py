"""The wire of requests, and a request as the network describes it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from api.features.terms.for_others import CommissionSnapshot
from api.fields import Id, In, Out

RequestStatus = Literal["pending", "approved", "rejected", "cancelled"]


class Decision(In):
    """What the creator is told."""

    decision_note: Annotated[str, Field(max_length=2000)] | None = None


class RequestDecided(Out):
    """As the network will have it."""

    id: str
    status: Literal["approved"]


class Approved(Out):
    """The creator is a partner now, with a grant and a link; the network is told of it by itself.

    `repeated`: it was approved before, and nothing changed.
    """

    request: RequestDecided
    partner_id: UUID
    campaign_id: UUID
    link_key: str
    share_url: str
    repeated: bool


class FromNetwork(BaseModel):
    """What the network says: fields that we don't know are ignored."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, frozen=True)


class Creator(FromNetwork):
    """Who asks."""

    id: Id
    email: Annotated[str, Field(max_length=254)]
    name: Annotated[str | None, Field(max_length=1000)] = None
    handle: Annotated[str | None, Field(max_length=1000)] = None


class Terms(FromNetwork):
    """What the offering promises, as far as it makes a partner's own terms."""

    commission_type: Literal["percent", "fixed"] | None = None
    commission_value: str | float | None = None
    currency: str | None = None
    recurring: bool | None = None
    event_types: tuple[str, ...] | None = None
    payout_holdback_days: int | None = None

    def snapshot(self) -> CommissionSnapshot:
        """Raises ValidationError where it promises what can't be kept."""
        named: dict[str, Any] = {
            "commissionType": self.commission_type,
            "commissionValue": self.commission_value,
            "currency": self.currency,
            "recurring": self.recurring,
            "holdbackDays": self.payout_holdback_days,
            "eventTypes": self.event_types,
        }
        return CommissionSnapshot.model_validate(
            {name: value for name, value in named.items() if value is not None}
        )


class Offering(FromNetwork):
    """What was asked for."""

    id: Id
    vendor_campaign_id: Id
    terms: Terms = Terms()


class Asked(FromNetwork):
    """A request."""

    id: Id
    status: RequestStatus
    creator: Creator
    offering: Offering
    preferred_slug: Annotated[str | None, Field(max_length=1000)] = None


def asked(answer: dict[str, Any]) -> Asked | None:
    """None for what no request looks like."""
    try:
        return Asked.model_validate(answer.get("request"))
    except ValidationError:
        return None
