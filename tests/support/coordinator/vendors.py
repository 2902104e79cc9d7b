"""What vendors ask of a coordinator."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import httpx2

from tests.support.coordinator.books import Affiliation, Books, Json, Mail, Problem, Vendor

MOST = 500


def moment() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def signup(books: Books, admin_key: str, bearer: str | None, said: Json) -> tuple[int, Json]:
    """A workspace introduces itself; its key has to open it."""
    async with httpx2.AsyncClient(timeout=10) as client:
        proof = await client.get(
            f"{said['instanceUrl']}/auth/introspect",
            headers={"Authorization": f"Bearer {said['scopedKey']}"},
        )
    if proof.status_code != 200 or proof.json().get("role") != "scoped":
        raise Problem(400, "key_not_accepted", "The scoped key does not open this instance.")
    known = books.vendor_at(said["instanceUrl"])
    signup = {**said, "vendorId": known.id if known else books.new_id("vnd")}
    if bearer is not None:
        if bearer != admin_key:
            raise Problem(401, "unauthorized")
        vendor, token = books.admit(signup)
        return 200, {
            "vendorId": vendor.id, "vendorToken": token, "status": "active",
            "displayName": vendor.display_name,
        }  # fmt: skip
    ntoken = token_hex(24)
    books.invitations[ntoken] = signup
    link = f"{said['portalCallbackUrl']}?ntoken={ntoken}"
    books.mails.append(Mail(said["contact"]["email"], ntoken, link))
    return 202, {"vendorId": signup["vendorId"], "status": "pending", "emailSent": True}


def verify(books: Books, said: Json) -> tuple[int, Json]:
    invitation = books.invitations.pop(said.get("token", ""), None)
    if invitation is None:
        raise Problem(400, "invalid_token", "This token was used, or never was.")
    vendor, token = books.admit(invitation)
    return 200, {
        "vendorId": vendor.id, "vendorToken": token, "displayName": vendor.display_name,
        "issuedAt": moment(),
    }  # fmt: skip


def me(vendor: Vendor) -> tuple[int, Json]:
    return 200, {
        "vendorId": vendor.id, "displayName": vendor.display_name, "tier": vendor.tier,
        "instanceUrl": vendor.instance_url, "status": vendor.status,
        "partnerCount": vendor.partner_count, "lastHeartbeatAt": None,
    }  # fmt: skip


def heartbeat(vendor: Vendor, said: Json) -> tuple[int, None]:
    vendor.partner_count = said["partnerCount"]
    vendor.heartbeats.append(said)
    return 204, None


def leave(books: Books, vendor: Vendor) -> tuple[int, Json]:
    vendor.status, vendor.tokens = "deleted", set()
    for offering_id in [one["id"] for one in own(books, vendor)]:
        delete_offering(books, vendor, offering_id)
    return 200, {"ok": True}


def report(vendor: Vendor, said: Json) -> tuple[int, Json]:
    """Counted once, however often it comes."""
    vendor.reports.setdefault(said["reportId"], said)
    return 200, {"ok": True}


def backfill(books: Books, vendor: Vendor, said: Json) -> tuple[int, Json]:
    if len(said["partners"]) > MOST:
        raise Problem(400, "too_many", "At most 500 at a time.")
    results = [books.affiliate(vendor, one) for one in said["partners"]]
    for result in results:
        del result["affiliations"]
    return 200, {"results": results}


def own(books: Books, vendor: Vendor) -> list[Json]:
    return [one for one in books.offerings.values() if one["vendorId"] == vendor.id]


def own_offering(books: Books, vendor: Vendor, offering_id: str) -> Json:
    offering = books.offering(offering_id)
    if offering["vendorId"] != vendor.id:
        raise Problem(404, "not_found")
    return offering


def create_offering(books: Books, vendor: Vendor, said: Json) -> tuple[int, Json]:
    offering = {
        "published": False, "terms": {}, **said, "id": books.new_id("off"),
        "vendorId": vendor.id, "vendorName": vendor.display_name, "createdAt": moment(),
    }  # fmt: skip
    books.offerings[offering["id"]] = offering
    return 201, {"offering": offering}


def change_offering(books: Books, vendor: Vendor, offering_id: str, said: Json) -> tuple[int, Json]:
    offering = own_offering(books, vendor, offering_id)
    offering.update(said)
    return 200, {"offering": offering}


def delete_offering(books: Books, vendor: Vendor, offering_id: str) -> tuple[int, Json]:
    offering = own_offering(books, vendor, offering_id)
    for request in books.requests.values():
        if request["offeringId"] == offering["id"] and request["status"] == "pending":
            request["status"] = "cancelled"
    offering["published"], offering["vendorId"] = False, f"{vendor.id} once"
    return 200, {"ok": True}


def own_requests(books: Books, vendor: Vendor, status: str | None) -> list[Json]:
    return [
        books.shown_request(one)
        for one in books.requests.values()
        if one["vendorId"] == vendor.id and status in {None, one["status"]}
    ]


def own_request(books: Books, vendor: Vendor, request_id: str) -> Json:
    request = books.request(request_id)
    if request["vendorId"] != vendor.id:
        raise Problem(404, "not_found")
    return request


def approve(books: Books, vendor: Vendor, request_id: str, said: Json) -> tuple[int, Json]:
    """The vendor made a partner of the creator; told twice, it is answered alike."""
    request = own_request(books, vendor, request_id)
    if request["status"] == "approved" and request["partner"] == said["vendorPartnerId"]:
        return 200, {"request": books.shown_request(request)}
    if request["status"] != "pending":
        raise Problem(409, "request_not_pending")
    request.update(
        status="approved", partner=said["vendorPartnerId"], decisionNote=said["decisionNote"]
    )
    known = books.affiliation_of(vendor.id, said["vendorPartnerId"])
    if known is None:
        known = Affiliation(
            books.new_id("aff"), vendor.id, said["vendorPartnerId"], request["creatorId"], "active"
        )
        books.affiliations.append(known)
    known.share_url = said["shareUrl"]
    return 200, {"request": books.shown_request(request)}


def reject(books: Books, vendor: Vendor, request_id: str, said: Json) -> tuple[int, Json]:
    request = own_request(books, vendor, request_id)
    if request["status"] != "pending":
        raise Problem(409, "request_not_pending")
    request.update(status="rejected", decisionNote=said.get("decisionNote"))
    return 200, {"request": books.shown_request(request)}


def discover(books: Books, _: Vendor, query: dict[str, Any]) -> tuple[int, Json]:
    words = str(query.get("q", "")).lower()
    found = [one.shown() for one in books.creators.values() if words in one.name.lower()]
    return 200, {"creators": found}


def billing(vendor: Vendor) -> tuple[int, Json]:
    return 200, {"plan": "network_access", "status": "active", "vendorId": vendor.id}
