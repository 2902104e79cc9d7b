"""The wire of campaigns."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel

from api.features.terms.for_others import (
    ApprovalOut,
    CapOut,
    CommissionApproval,
    CommissionCaps,
    CommissionRule,
    HoldbackDays,
    RuleOut,
)
from api.fields import HttpUrl, In, Name, Out, Time, UtcTime
from shared.deep_links import UnusableUrlError, normalize_host

AttributionModel = Literal["last_click", "first_click", "linear", "position"]
WindowDays = Annotated[int, Field(ge=1, le=365, strict=True)]
MAX_DOMAINS = 1000
MOST_DOMAINS = 50
MAY_BE_EMPTIED = {
    "approval", "deep_link_allowed_domains", "holdback_days", "starts_at", "ends_at",
}  # fmt: skip


def _domains(value: object) -> object:
    """A comma list, as portals send it, or a JSON list."""
    if isinstance(value, str):
        if len(value) > MAX_DOMAINS:
            raise ValueError(f"is longer than {MAX_DOMAINS} characters")
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(
            # People write `.shop.example` and `*.shop.example` for the same thing.
            dict.fromkeys(
                normalize_host(host.removeprefix("*").removeprefix(".")) for host in value
            )
        )
    except UnusableUrlError as problem:
        raise ValueError(str(problem)) from problem


Domains = Annotated[
    tuple[Annotated[str, Field(max_length=253)], ...],
    Field(max_length=MOST_DOMAINS),
    BeforeValidator(_domains),
    AfterValidator(_hosts),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_DOMAINS},
                {
                    "type": "array",
                    "items": {"type": "string", "maxLength": 253},
                    "maxItems": MOST_DOMAINS,
                },
            ],
            "description": "Host names, as a list or parted by commas.",
        }
    ),
]


class CampaignCreate(In):
    """A new campaign. `deepLinkAllowedDomains`: hosts, with their sub-domains, that links may lead to.

    `commissionRule`: one rule, or a list of up to 10 that each pay apart from the others. With
    `identifyRequiresKey`, what browsers say of its clicks is kept as a proposal until a server with
    the scope `identify:write` says the same.
    """

    name: Name
    commission_rule: CommissionRule
    commission_caps: CommissionCaps = ()
    approval: CommissionApproval | None = None
    identify_requires_key: bool = False
    attribution_window_days: WindowDays = 60
    attribution_model: AttributionModel = "last_click"
    destination_url: HttpUrl
    deep_link_allowed_domains: Domains | None = None
    holdback_days: HoldbackDays | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    grant_to_all_partners: bool = False


class CampaignUpdate(In):
    """Only what is named changes. New terms hold for later grants; past ones keep theirs."""

    name: Name | None = None
    commission_rule: CommissionRule | None = None
    commission_caps: CommissionCaps | None = None
    approval: CommissionApproval | None = None
    identify_requires_key: bool | None = None
    attribution_window_days: WindowDays | None = None
    attribution_model: AttributionModel | None = None
    destination_url: HttpUrl | None = None
    deep_link_allowed_domains: Domains | None = None
    holdback_days: HoldbackDays | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None

    @model_validator(mode="after")
    def _keeps_what_it_needs(self) -> Self:
        emptied = {field for field in self.model_fields_set if getattr(self, field) is None}
        if needed := sorted(to_camel(field) for field in emptied - MAY_BE_EMPTIED):
            raise ValueError(f"{', '.join(needed)} can't be null; leave out what stays as it is")
        return self


class CampaignOut(Out):
    """A campaign with the terms that the next partner gets."""

    id: UUID
    tenant_id: UUID
    name: str
    commission_rule: RuleOut
    commission_caps: list[CapOut]
    approval: ApprovalOut | None
    identify_requires_key: bool
    terms_id: UUID
    attribution_window_days: int
    attribution_model: AttributionModel
    destination_url: str
    deep_link_allowed_domains: str | None
    holdback_days: int | None
    starts_at: UtcTime | None
    ends_at: UtcTime | None
    end_notification_sent_at: UtcTime | None
    created_at: UtcTime


class CampaignList(Out):
    """One page of campaigns, newest first."""

    campaigns: list[CampaignOut]
    next_cursor: str | None


class MyCampaign(Out):
    """What a partner needs to know to make a link."""

    id: UUID
    name: str
    destination_url: str
    deep_link_allowed_domains: str | None
    source: str | None


class MyCampaigns(Out):
    """The campaigns that the caller may promote now."""

    campaigns: list[MyCampaign]


class TermsVersion(Out):
    """Terms as they were written once. `current`: those that the next partner gets.

    `source`: `campaign`, or how they were agreed with one partner: `approval`, `amendment`.
    `grants`: how many partners promote the campaign at them now.
    """

    id: UUID
    current: bool
    commission_rule: RuleOut
    commission_caps: list[CapOut]
    approval: ApprovalOut | None
    holdback_days: int | None
    source: str
    grants: int
    created_at: UtcTime


class TermsVersions(Out):
    """One page of a campaign's terms, newest first."""

    terms: list[TermsVersion]
    next_cursor: str | None
