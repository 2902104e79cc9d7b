"""Who may ask for what at a coordinator: its table of contents."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable

from tests.support.coordinator import people, vendors
from tests.support.coordinator.books import Books, Creator, Json, Problem, Vendor

Said = tuple[int, Json | None]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request whose sender is known: a vendor, a creator, or a vendor acting for one."""

    books: Books
    found_vendor: Vendor | None
    found_creator: Creator | None
    id: str
    body: Json
    query: dict[str, str]

    @property
    def vendor(self) -> Vendor:
        if self.found_vendor is None:
            raise Problem(401, "unauthorized")
        return self.found_vendor

    @property
    def creator(self) -> Creator:
        if self.found_creator is None:
            raise Problem(403 if self.found_vendor else 401, "creator_only")
        return self.found_creator

    @property
    def anybody(self) -> Books:
        """The books, for whoever is known at all."""
        if self.found_vendor is None and self.found_creator is None:
            raise Problem(401, "unauthorized")
        return self.books


Answering = Callable[[Ask], Said | Awaitable[Said]]


def page_at(name: str) -> Answering:
    return lambda ask: (200, {"url": f"https://pay.network.example/{name}/{ask.vendor.id}"})


TABLE: dict[str, Answering] = {
    "POST /partners/upsert": lambda ask: (200, ask.books.affiliate(ask.vendor, ask.body)),
    "POST /vendors/backfill-partners": lambda a: vendors.backfill(a.books, a.vendor, a.body),
    "GET /vendors/me": lambda a: vendors.me(a.vendor),
    "POST /vendors/me/heartbeat": lambda a: vendors.heartbeat(a.vendor, a.body),
    "POST /vendors/me/delete": lambda a: vendors.leave(a.books, a.vendor),
    "POST /vendors/me/report-payouts": lambda a: vendors.report(a.vendor, a.body),
    "GET /vendors/me/offerings": lambda a: (200, {"offerings": vendors.own(a.books, a.vendor)}),
    "POST /vendors/me/offerings": lambda a: vendors.create_offering(a.books, a.vendor, a.body),
    "PATCH /vendors/me/offerings/*": lambda a: vendors.change_offering(
        a.books, a.vendor, a.id, a.body
    ),
    "DELETE /vendors/me/offerings/*": lambda a: vendors.delete_offering(a.books, a.vendor, a.id),
    "GET /vendors/me/requests": lambda a: (
        200,
        {"requests": vendors.own_requests(a.books, a.vendor, a.query.get("status"))},
    ),
    "GET /vendors/me/requests/*": lambda a: (
        200,
        {"request": a.books.shown_request(vendors.own_request(a.books, a.vendor, a.id))},
    ),
    "POST /vendors/me/requests/*/approve": lambda a: vendors.approve(
        a.books, a.vendor, a.id, a.body
    ),
    "POST /vendors/me/requests/*/reject": lambda a: vendors.reject(a.books, a.vendor, a.id, a.body),
    "GET /vendors/me/discover/creators": lambda a: vendors.discover(a.books, a.vendor, a.query),
    "GET /vendors/me/billing": lambda a: vendors.billing(a.vendor),
    "POST /vendors/me/billing/checkout": page_at("checkout"),
    "POST /vendors/me/billing/portal": page_at("portal"),
    "GET /offerings": lambda a: people.published(a.anybody, a.query.get("q", "")),
    "GET /offerings/*": lambda a: people.offering(a.anybody, a.id),
    "GET /vendors/*": lambda a: people.vendor(a.anybody, a.id),
    "POST /offerings/*/apply": lambda a: people.apply(a.books, a.creator, a.id, a.body),
    "GET /creators/me": lambda a: (200, {"creator": a.creator.shown()}),
    "GET /creators/whoami": lambda a: (200, {"creator": a.creator.shown()}),
    "PATCH /creators/me": lambda a: people.change(a.creator, a.body),
    "GET /creators/me/affiliations": lambda a: people.affiliations(a.books, a.creator),
    "GET /creators/me/affiliations/*/earnings": lambda a: people.earnings(a.books, a.creator, a.id),
    "GET /creators/me/requests": lambda a: people.requests(a.books, a.creator),
    "POST /creators/me/requests/*/cancel": lambda a: people.cancel(a.books, a.creator, a.id),
}


def found(method: str, path: str) -> tuple[Answering, str]:
    """What answers at this address, and the id in it."""
    asked = path.strip("/").split("/")
    for line, answering in TABLE.items():
        known_method, _, template = line.partition(" ")
        known = template.strip("/").split("/")
        if known_method == method and len(known) == len(asked):
            pairs = list(zip(known, asked, strict=True))
            if all(one in {"*", other} for one, other in pairs):
                return answering, next((other for one, other in pairs if one == "*"), "")
    raise Problem(404, "not_found")


async def said(answering: Answering, ask: Ask) -> Said:
    answer = answering(ask)
    return await answer if isawaitable(answer) else answer
