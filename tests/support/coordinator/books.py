"""What a coordinator remembers: vendors, creators, and what is between them."""

from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from typing import Any

Json = dict[str, Any]


class Problem(Exception):
    """An error answer of the protocol."""

    def __init__(self, status: int, code: str, sentence: str = "No.") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.sentence = sentence


@dataclass(slots=True)
class Vendor:
    """A workspace that joined; `tokens` are those that still open it."""

    id: str
    instance_url: str
    scoped_key: str
    display_name: str
    tier: str
    contact: Json
    status: str = "active"
    tokens: set[str] = field(default_factory=set)
    partner_count: int | None = None
    heartbeats: list[Json] = field(default_factory=list)
    reports: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Creator:
    """A person, one for each e-mail address."""

    id: str
    email: str
    name: str
    handle: str | None = None
    bio: str | None = None
    profile: Json = field(default_factory=dict)

    def shown(self) -> Json:
        return {
            "id": self.id, "email": self.email, "name": self.name, "handle": self.handle,
            "bio": self.bio,
        }  # fmt: skip


@dataclass(slots=True)
class Affiliation:
    """A creator is a vendor's partner."""

    id: str
    vendor_id: str
    vendor_partner_id: str
    creator_id: str
    status: str
    as_of: str = ""
    share_url: str | None = None


@dataclass(slots=True)
class Mail:
    """A letter that was sent; the token is what it is about."""

    to: str
    token: str
    link: str


@dataclass(slots=True)
class Books:
    """All of it, in memory."""

    vendors: dict[str, Vendor] = field(default_factory=dict)
    creators: dict[str, Creator] = field(default_factory=dict)
    affiliations: list[Affiliation] = field(default_factory=list)
    offerings: dict[str, Json] = field(default_factory=dict)
    requests: dict[str, Json] = field(default_factory=dict)
    invitations: dict[str, Json] = field(default_factory=dict)
    sign_ins: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    replies: dict[tuple[str, str], tuple[int, Json]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def new_id(self, kind: str) -> str:
        return f"{kind}_{next(self.numbers)}{token_hex(4)}"

    def vendor_at(self, instance_url: str) -> Vendor | None:
        return next(
            (one for one in self.vendors.values() if one.instance_url == instance_url), None
        )

    def admit(self, signup: Json) -> tuple[Vendor, str]:
        """The vendor that was introduced, with a fresh token; its earlier ones end."""
        vendor = self.vendors.get(signup["vendorId"])
        if vendor is None:
            vendor = Vendor(signup["vendorId"], signup["instanceUrl"], "", "", signup["tier"], {})
            self.vendors[vendor.id] = vendor
        vendor.scoped_key, vendor.display_name = signup["scopedKey"], signup["displayName"]
        vendor.contact, vendor.status = signup["contact"], "active"
        token = f"vntok_{token_hex(24)}"
        vendor.tokens = {token}
        return vendor, token

    def creator_by(self, email: str, name: str) -> tuple[Creator, bool]:
        """The creator with this address, and whether they were there before."""
        email = email.strip().lower()
        for known in self.creators.values():
            if known.email == email:
                return known, True
        creator = Creator(self.new_id("crt"), email, name)
        self.creators[creator.id] = creator
        return creator, False

    def affiliation_of(self, vendor_id: str, partner_id: str) -> Affiliation | None:
        return next(
            (
                one
                for one in self.affiliations
                if (one.vendor_id, one.vendor_partner_id) == (vendor_id, partner_id)
            ),
            None,
        )

    def affiliate(self, vendor: Vendor, said: Json) -> Json:
        """How a partner stands; what was heard later counts, whenever it was said."""
        creator, existed = self.creator_by(said["email"], said["name"])
        known = self.affiliation_of(vendor.id, said["vendorPartnerId"])
        if known is None:
            known = Affiliation(
                self.new_id("aff"), vendor.id, said["vendorPartnerId"], creator.id, said["status"]
            )
            self.affiliations.append(known)
        if said["asOf"] >= known.as_of:
            known.status, known.as_of, known.creator_id = said["status"], said["asOf"], creator.id
        return {
            "vendorPartnerId": known.vendor_partner_id,
            "networkCreatorId": creator.id,
            "alreadyExisted": existed,
            "affiliations": [
                {
                    "vendorId": vendor.id,
                    "vendorPartnerId": one.vendor_partner_id,
                    "status": one.status,
                    "displayName": vendor.display_name,
                }
                for one in self.affiliations
                if one.creator_id == creator.id and one.vendor_id == vendor.id
            ],
        }

    def offering(self, offering_id: str) -> Json:
        if offering_id not in self.offerings:
            raise Problem(404, "not_found")
        return self.offerings[offering_id]

    def request(self, request_id: str) -> Json:
        if request_id not in self.requests:
            raise Problem(404, "not_found")
        return self.requests[request_id]

    def shown_request(self, request: Json) -> Json:
        return {
            **{key: value for key, value in request.items() if key != "creatorId"},
            "creator": self.creators[request["creatorId"]].shown(),
            "offering": self.offerings[request["offeringId"]],
        }
