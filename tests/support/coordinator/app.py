"""The coordinator over HTTP, on loopback: who asks, what they may ask, and how it is answered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.coordinator import people, table, vendors
from tests.support.coordinator.books import Books, Creator, Json, Problem, Vendor
from tests.support.serving import served

ADMIN_KEY = "the-operators-key-of-the-network"
COOKIE = "op_creator_session"
Trouble = Callable[[Request], Awaitable[Response | None]]


@dataclass(slots=True)
class Heard:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Json


@dataclass(slots=True)
class Coordinator:
    """`trouble`, where it is set, answers in place of the protocol unless it returns None."""

    url: str = ""
    books: Books = field(default_factory=Books)
    heard: list[Heard] = field(default_factory=list)
    trouble: Trouble | None = None

    def asked(self, path: str) -> list[Heard]:
        """What arrived at this address."""
        return [one for one in self.heard if one.path == path]

    async def answer(self, request: Request) -> Response:
        raw = await request.body()
        body = await request.json() if raw else {}
        self.heard.append(Heard(request.method, request.url.path, dict(request.headers), body))
        if self.trouble is not None and (other := await self.trouble(request)) is not None:
            return other
        try:
            return await self.protocol(request, body)
        except Problem as problem:
            said = {"error": problem.code, "detail": problem.sentence}
            return JSONResponse(said, problem.status)

    async def protocol(self, request: Request, body: Json) -> Response:
        path, method = request.url.path, request.method
        if path.startswith("/creators/") and path.split("/")[2] in SESSIONS:
            return self.session(request, path.split("/")[2], body)
        if (method, path) == ("POST", "/vendors/signup"):
            return shown(await vendors.signup(self.books, ADMIN_KEY, bearer(request), body))
        if (method, path) == ("POST", "/vendors/verify-and-issue-token"):
            return shown(vendors.verify(self.books, body))
        vendor = self.vendor(request)
        creator = self.creator(request, vendor)
        key = request.headers.get("idempotency-key")
        place = (vendor.id if vendor else "", key or "")
        if method == "POST" and key and place in self.books.replies:
            return shown(self.books.replies[place])
        answering, found = table.found(method, path)
        query = dict(request.query_params)
        ask = table.Ask(self.books, vendor, creator, found, body, query)
        status, answer = await table.said(answering, ask)
        if method == "POST" and key and answer is not None:
            self.books.replies[place] = (status, answer)
        return shown((status, answer))

    def vendor(self, request: Request) -> Vendor | None:
        if (token := bearer(request)) is None:
            return None
        for vendor in self.books.vendors.values():
            if token in vendor.tokens:
                return vendor
        raise Problem(401, "unauthorized")

    def creator(self, request: Request, vendor: Vendor | None) -> Creator | None:
        if vendor is not None:
            acting = request.headers.get("x-act-as-vendor-partner")
            if acting is None:
                return None
            known = self.books.affiliation_of(vendor.id, acting)
            if known is None:
                raise Problem(403, "not_affiliated", "This partner is no creator here yet.")
            return self.books.creators[known.creator_id]
        session = self.books.sessions.get(request.cookies.get(COOKIE, ""))
        return self.books.creators[session] if session else None

    def session(self, request: Request, step: str, body: Json) -> Response:
        """A creator's own account: the only answers that set a cookie."""
        if step in {"signup", "signin"}:
            return shown(people.mail_link(self.books, body, new=step == "signup"))
        if step == "verify":
            creator, session = people.enter(self.books, body)
            response = shown((200, {"creator": creator.shown()}))
            response.set_cookie(COOKIE, session, httponly=True, domain="network.example")
            return response
        self.books.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = shown((200, {"ok": True}))
        response.delete_cookie(COOKIE)
        return response


SESSIONS = {"signup", "signin", "verify", "signout"}


def bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def shown(said: tuple[int, Any]) -> Response:
    status, body = said
    return Response(status_code=status) if body is None else JSONResponse(body, status)


@asynccontextmanager
async def coordinating(port: int = 0, books: Books | None = None) -> AsyncIterator[Coordinator]:
    """A coordinator at `coordinator.url`, with nobody in it; or with what one knew that was stopped."""
    coordinator = Coordinator(books=books or Books())
    methods = ["GET", "POST", "PATCH", "DELETE"]
    route = Route("/{path:path}", coordinator.answer, methods=methods)
    async with served(Starlette(routes=[route]), port) as address:
        coordinator.url = address
        yield coordinator
