"""What creators ask of a coordinator, through a brand or through their own session."""

from secrets import token_hex

import httpx2

from tests.support.coordinator.books import Books, Creator, Json, Mail, Problem
from tests.support.coordinator.vendors import moment


def published(books: Books, words: str) -> tuple[int, Json]:
    found = [
        one
        for one in books.offerings.values()
        if one["published"] and words.lower() in one["title"].lower()
    ]
    return 200, {"offerings": found}


def offering(books: Books, offering_id: str) -> tuple[int, Json]:
    found = books.offering(offering_id)
    if not found["published"]:
        raise Problem(404, "not_found")
    return 200, {"offering": found}


def vendor(books: Books, vendor_id: str) -> tuple[int, Json]:
    found = books.vendors.get(vendor_id)
    if found is None:
        raise Problem(404, "not_found")
    offerings = [one for one in books.offerings.values() if one["vendorId"] == vendor_id]
    return 200, {
        "vendor": {"id": found.id, "displayName": found.display_name},
        "offerings": [one for one in offerings if one["published"]],
    }


def apply(books: Books, creator: Creator, offering_id: str, said: Json) -> tuple[int, Json]:
    _, answer = offering(books, offering_id)
    wanted = answer["offering"]
    for known in books.requests.values():
        if (known["creatorId"], known["offeringId"]) == (creator.id, offering_id) and known[
            "status"
        ] in {"pending", "approved"}:
            raise Problem(409, "request_already_exists")
    request = {
        "id": books.new_id("req"), "offeringId": offering_id, "vendorId": wanted["vendorId"],
        "status": "pending", "message": said.get("message"), "decisionNote": None,
        "preferredSlug": said.get("preferredSlug"), "createdAt": moment(),
        "creatorId": creator.id,
    }  # fmt: skip
    books.requests[request["id"]] = request
    return 201, {"request": books.shown_request(request)}


def requests(books: Books, creator: Creator) -> tuple[int, Json]:
    found = [one for one in books.requests.values() if one["creatorId"] == creator.id]
    return 200, {"requests": [books.shown_request(one) for one in found]}


def cancel(books: Books, creator: Creator, request_id: str) -> tuple[int, Json]:
    request = books.request(request_id)
    if request["creatorId"] != creator.id:
        raise Problem(404, "not_found")
    if request["status"] != "pending":
        raise Problem(409, "request_not_pending")
    request["status"] = "cancelled"
    return 200, {"request": books.shown_request(request)}


def affiliations(books: Books, creator: Creator) -> tuple[int, Json]:
    found = [
        {
            "id": one.id, "vendorId": one.vendor_id, "vendorPartnerId": one.vendor_partner_id,
            "displayName": books.vendors[one.vendor_id].display_name, "status": one.status,
            "shareUrl": one.share_url,
        }
        for one in books.affiliations
        if one.creator_id == creator.id
    ]  # fmt: skip
    return 200, {"affiliations": found}


async def earnings(books: Books, creator: Creator, affiliation_id: str) -> tuple[int, Json]:
    """Asked of the vendor, with the key that it gave us."""
    for one in books.affiliations:
        if (one.id, one.creator_id) == (affiliation_id, creator.id):
            found = books.vendors[one.vendor_id]
            try:
                async with httpx2.AsyncClient(timeout=5) as client:
                    answer = await client.get(
                        f"{found.instance_url}/partners/{one.vendor_partner_id}/commissions",
                        headers={"Authorization": f"Bearer {found.scoped_key}"},
                    )
            except httpx2.HTTPError as problem:
                raise Problem(502, "vendor_unreachable") from problem
            if answer.status_code != 200:
                raise Problem(502, "vendor_unreachable", f"HTTP {answer.status_code}")
            return 200, {
                "earnings": [
                    {key: line[key] for key in ("currency", "status", "amount")}
                    for line in answer.json()["commissions"]
                ]
            }
    raise Problem(404, "not_found")


def change(creator: Creator, said: Json) -> tuple[int, Json]:
    creator.name = said.get("name", creator.name)
    creator.handle = said.get("handle", creator.handle)
    creator.bio = said.get("bio", creator.bio)
    creator.profile = said.get("profile", creator.profile)
    return 200, {"creator": creator.shown()}


def mail_link(books: Books, said: Json, *, new: bool) -> tuple[int, Json]:
    """The same answer for every address."""
    email = str(said.get("email", "")).strip().lower()
    known = any(one.email == email for one in books.creators.values())
    if new and not known:
        books.creator_by(email, str(said.get("name") or email))
    if new or known:
        creator, _ = books.creator_by(email, email)
        token = token_hex(24)
        books.sign_ins[token] = creator.id
        books.mails.append(Mail(email, token, f"?token={token}"))
    return 200, {"ok": True}


def enter(books: Books, said: Json) -> tuple[Creator, str]:
    """The creator, and the value of their cookie."""
    creator_id = books.sign_ins.pop(str(said.get("token", "")), None)
    if creator_id is None:
        raise Problem(400, "invalid_token")
    session = token_hex(24)
    books.sessions[session] = creator_id
    return books.creators[creator_id], session
