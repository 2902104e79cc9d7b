"""The wire of host names of a brand's own, and of how it shows there."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from api.fields import In, Out, UtcTime
from shared.deep_links import UnusableUrlError, host_of

Purpose = Annotated[
    Literal["portal", "links"],
    Field(description="`portal`: pages and API; `links`: what partners share."),
]
LOCAL = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test")


def _domain(value: str) -> str:
    """One name of the public internet's, in the form that the DNS knows."""
    text = value.rstrip(".").lower()
    if "/" in text or ":" in text or "*" in text or "." not in text:
        raise ValueError("must be a host name such as partners.shop.example")
    try:
        host = host_of(f"https://{text}")
    except UnusableUrlError as problem:
        raise ValueError(str(problem)) from problem
    if host.replace(".", "").isdigit() or host.endswith(LOCAL):
        raise ValueError("must be a name in the public DNS")
    return host


class DomainCreate(In):
    """A host name, such as `partners.shop.example`, and what shall stand there."""

    host: Annotated[
        str,
        Field(min_length=4, max_length=253, examples=["partners.shop.example"]),
        AfterValidator(_domain),
    ]
    purpose: Purpose


class DnsRecord(Out):
    """What has to stand in the DNS."""

    type: Literal["TXT", "CNAME"]
    name: str
    value: str


class DomainOut(Out):
    """`records` prove that it is yours, and lead it here. Verified, it works within a minute.

    `failingSince` is when they were first missing again; after three days the name is given up.
    """

    id: UUID
    host: Annotated[str, Field(examples=["partners.shop.example"])]
    purpose: Purpose
    records: list[DnsRecord]
    verified_at: UtcTime | None
    checked_at: UtcTime | None
    failing_since: UtcTime | None
    last_error: str | None
    created_at: UtcTime


class DomainList(Out):
    """By name."""

    domains: list[DomainOut]


class DomainRemoved(Out):
    """It is claimed no more."""

    ok: Literal[True]


class DomainKnown(Out):
    """It is somebody's here, so a certificate may be fetched for it."""

    ok: Literal[True]


class WhiteLabelChange(In):
    """Whether the brand's name shall stand alone."""

    enabled: bool


class WhiteLabelOut(Out):
    """`entitled` says whether the plan includes it; it shows only while it does."""

    enabled: bool
    entitled: bool


class Branding(Out):
    """How the portal shows before anybody has signed in; with `whiteLabel`, without our name."""

    slug: str
    program_name: str
    logo_url: str | None
    brand_color: str | None
    support_email: str | None
    terms_url: str | None
    white_label: bool
