"""The double itself: takes requests, checks them, keeps their keys, and lets faults befall them."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.support.serving import served
from tests.support.stripe_double import rules
from tests.support.stripe_double.call import Call, Json, unform
from tests.support.stripe_double.faults import Fault, FaultPlan, Kind
from tests.support.stripe_double.keys import Keys
from tests.support.stripe_double.refused import Refused
from tests.support.stripe_double.routing import ROUTES, Route
from tests.support.stripe_double.store import Store
from tests.support.stripe_double.webhooks import Webhooks

SECRET_KEY = "sk_test_double"
# Faults that befall a request before anything comes of it, and how they are answered, if they are.
BEFORE = {
    "timeout_before": (0, ""),
    "reset_before": (0, ""),
    "500_before": (500, "api_error"),
    "429": (429, "rate_limit_error"),
    "401": (401, "invalid_request_error"),
}
Answer = Callable[[int, Json, dict[str, str]], Awaitable[None]]


@dataclass(slots=True)
class StripeDouble:
    """`calls` is what was asked, faults included; `violations` what Stripe would not have understood.

    `webhooks` keeps the events that its own changes caused, and sends what a test tells it to.
    """

    url: str = ""
    store: Store = field(default_factory=Store)
    keys: Keys = field(default_factory=Keys)
    faults: FaultPlan = field(default_factory=FaultPlan)
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    webhooks: Webhooks = field(init=False)
    # By how much its clock is ahead of ours.
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.store, self.now)

    def now(self) -> int:
        """The moment on this Stripe's clock, in seconds."""
        return int(time.time() + self.ahead.total_seconds())

    def pass_time(self, span: timedelta) -> None:
        self.ahead += span

    def fail(
        self, kind: Kind, path: str = "/v1/", *, method: str = "POST", times: int = 1
    ) -> Fault:
        """Plans a fault for the next requests to addresses that begin like this."""
        return self.faults.add(Fault(kind, method, path, times))

    def asked(self, method: str, path: str) -> list[Call]:
        """What was asked at this very address."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        query, body = scope["query_string"].decode(), (await request.body()).decode()
        call = Call(
            scope["method"], scope["path"], unform(query or body), dict(request.headers)
        )  # fmt: skip
        self.calls.append(call)

        async def answer(status: int, content: Json, headers: dict[str, str]) -> None:
            raw = json.dumps(content).encode()
            named = {"content-type": "application/json", "content-length": str(len(raw)), **headers}
            encoded = [(name.encode(), value.encode()) for name, value in named.items()]
            await send({"type": "http.response.start", "status": status, "headers": encoded})
            await send({"type": "http.response.body", "body": raw})

        fault = self.faults.next(call.method, call.path)
        if fault is not None and fault.kind in BEFORE:
            await self._fail_before(fault, request, send, answer)
            return
        try:
            status, content, headers = await self._act(call, fault)
        except Refused as problem:
            status, content, headers = problem.status, {"error": problem.error}, {}
        if fault is not None and fault.kind == "timeout_after":
            await _silence(request)
        elif fault is not None and fault.kind == "reset_after":
            await _break_off(send)
        else:
            await answer(status, content, {**headers, "request-id": self.store.new_id("req")})

    async def _act(self, call: Call, fault: Fault | None) -> tuple[int, Json, dict[str, str]]:
        known, ids = self._route(call)
        call = Call(call.method, call.path, call.params, call.headers, ids)
        if wrong := rules.violations(call, known.template):
            self.violations += wrong
            raise Refused(wrong[0], code="parameter_invalid")
        if call.headers.get("authorization") != f"Bearer {SECRET_KEY}":
            raise Refused("Invalid API Key provided", status=401)
        before = self.keys.begin(call, self.now())
        if before is not None:
            return *before, {"idempotent-replayed": "true"}
        try:
            if fault is not None and fault.kind == "held":
                await fault.released.wait()
            made = known.answer(self, call)
            content = self.store.expand(deepcopy(made), call.params.get("expand", []))
        except Refused as problem:
            # What Stripe refuses before it begins, it doesn't keep.
            self.keys.forget(call)
            raise problem from None
        status = 200
        if fault is not None and fault.kind == "500_after":
            status, content = 500, {"error": {"type": "api_error", "message": "Sorry."}}
        self.keys.finish(call, status, content)
        return status, content, {}

    def _route(self, call: Call) -> tuple[Route, dict[str, str]]:
        for known in ROUTES:
            if (ids := known.ids(call.method, call.path)) is not None:
                return known, ids
        self.violations.append(f"{call.method} {call.path}: this double has no such address")
        raise Refused(f"Unrecognized request URL ({call.method}: {call.path}).", status=404)

    async def _fail_before(
        self, fault: Fault, request: Request, send: Send, answer: Answer
    ) -> None:
        if fault.kind == "timeout_before":
            await _silence(request)
        elif fault.kind == "reset_before":
            await _break_off(send)
        else:
            status, kind = BEFORE[fault.kind]
            await answer(status, {"error": {"type": kind, "message": "Sorry."}}, {})


async def _silence(request: Request) -> None:
    """Until whoever asked hangs up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _break_off(send: Send) -> None:
    """A connection that closes within the answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


@asynccontextmanager
async def doubled() -> AsyncIterator[StripeDouble]:
    """A fresh Stripe at `double.url`."""
    package = import_module(__package__)
    for module in iter_modules(package.__path__):
        import_module(f"{__package__}.{module.name}")
    double = StripeDouble()
    async with served(double) as address:
        double.url = address
        yield double
