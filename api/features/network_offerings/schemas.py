"""The wire of offerings; what comes back is the network's own."""

from typing import Annotated, Literal

from pydantic import Field

from api.fields import Currency, HttpUrl, Id, In, Number, Time

Title = Annotated[str, Field(min_length=1, max_length=160)]
Description = Annotated[str, Field(max_length=5000)]
Summary = Annotated[str, Field(max_length=500)]
Days = Annotated[int, Field(ge=0, le=3650, strict=True)]
EventTypes = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=80)], ...], Field(max_length=20)
]
Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=10**12)]


class OfferingTerms(In):
    """What creators are promised; who is approved gets their own terms from it."""

    commission_type: Literal["percent", "fixed"] | None = None
    commission_value: Annotated[Number, Field(ge=0, le=10**9)] | None = None
    currency: Currency | None = None
    recurring: bool | None = None
    event_types: EventTypes | None = None
    payout_holdback_days: Annotated[int, Field(ge=0, le=365, strict=True)] | None = None
    attribution_window_days: Annotated[int, Field(ge=1, le=365, strict=True)] | None = None
    attribution_model: Literal["last_click", "first_click", "linear", "position"] | None = None
    campaign_ends_at: Time | None = None


class OfferingCreate(In):
    """A campaign as creators see it. Nobody sees it until it is `published`."""

    title: Title
    vendor_campaign_id: Id
    description: Description | None = None
    commission_summary: Summary | None = None
    cookie_days: Days | None = None
    product_url: HttpUrl | None = None
    hero_image_url: HttpUrl | None = None
    terms: OfferingTerms = OfferingTerms()
    published: bool = False


class OfferingChange(In):
    """What isn't named stays."""

    title: Title | None = None
    vendor_campaign_id: Id | None = None
    description: Description | None = None
    commission_summary: Summary | None = None
    cookie_days: Days | None = None
    product_url: HttpUrl | None = None
    hero_image_url: HttpUrl | None = None
    terms: OfferingTerms | None = None
    published: bool | None = None


class BillingCheckout(In):
    """Where the network's payment page leads back to."""

    success_url: HttpUrl
    cancel_url: HttpUrl


class BillingPortal(In):
    """Where the network's billing page leads back to."""

    return_url: HttpUrl
