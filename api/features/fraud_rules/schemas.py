"""The wire of fraud rules: one object per rule, with what can be set about it."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from api.fields import In, Out
from shared.deep_links import host_of
from shared.visit_rules import AD_PARAMETERS


def _host(value: str) -> str:
    """As browsers write it in addresses: punycode, lower case."""
    return host_of(f"https://{value}")


def _known_parameter(value: str) -> str:
    if value not in AD_PARAMETERS:
        raise ValueError(f"must be one of {', '.join(AD_PARAMETERS)}")
    return value


Host = Annotated[
    str, StringConstraints(min_length=1, max_length=253, pattern=r"^[^\s/:?#@]+$"),
    AfterValidator(_host),
]  # fmt: skip
Hosts = Annotated[list[Host], Field(max_length=1000)]
AdParameters = Annotated[
    list[Annotated[str, AfterValidator(_known_parameter)]], Field(max_length=len(AD_PARAMETERS))
]
VelocityMax = Annotated[
    int, Field(strict=True, ge=1, le=1000, description="Visits of one line on one link.")
]
WindowSeconds = Annotated[
    int, Field(strict=True, ge=1, le=86_400, description="Within so many seconds.")
]
DuplicateSeconds = Annotated[
    int, Field(strict=True, ge=1, le=3600, description="After the same visitor's last visit.")
]


class Switch(In):
    """A rule that is on or off."""

    enabled: bool | None = None


class VelocityUpdate(Switch):
    """More than `max` visits of one line on one link within the window."""

    max: VelocityMax | None = None
    window_seconds: WindowSeconds | None = None


class DuplicateUpdate(Switch):
    """Less than so many seconds after the same visitor's last visit to the same link."""

    seconds: DuplicateSeconds | None = None


class ReferrerUpdate(Switch):
    """Sites that no clicks are accepted from; a domain stands for those below it, too."""

    hosts: Hosts | None = None


class PaidTrafficUpdate(Switch):
    """What ad networks add to addresses; held against clicks of campaigns without `paidAds`."""

    parameters: AdParameters | None = None


class SelfReferralUpdate(Switch):
    """The customer's id or e-mail address is the partner's, or the click came from their line."""

    match_address: bool | None = None


class RulesUpdate(In):
    """What is named changes; the rest stays. `revoked` and flags of admins can't be switched off."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "velocity": {"max": 10, "windowSeconds": 60},
                    "banned_referrer": {"hosts": ["coupons.example"]},
                    "datacenter": {"enabled": True},
                }
            ]
        },
        # The rules' names are codes, and codes are written with underscores.
        alias_generator=None,
    )

    bot: Switch | None = None
    prefetch: Switch | None = None
    datacenter: Switch | None = None
    banned_referrer: ReferrerUpdate | None = None
    paid_traffic: PaidTrafficUpdate | None = None
    velocity: VelocityUpdate | None = None
    duplicate: DuplicateUpdate | None = None
    self_referral: SelfReferralUpdate | None = None


class Rule(Out):
    """One rule as it is applied. `note` says why a rule that is on can't decide anything here."""

    enabled: bool
    can_be_switched: bool
    version: int
    sentence: str
    settings: dict[str, Any]
    note: str | None


class RulesOut(Out):
    """Every rule, in the order in which they are asked; the first that fits is the click's flag."""

    rules: dict[str, Rule]
