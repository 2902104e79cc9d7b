"""Stripe, behind one file: every call bounded, under a key of ours, and its failures told apart."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Never, TypeVar

import httpcore2
import stripe
from stripe import RequestOptions, SignatureVerificationError, StripeObject
from stripe._v1_services import V1Services

from api.errors import ApiError, BadGateway
from api.settings import Settings

__all__ = [
    "API_VERSION",
    "Ambiguous",
    "Declined",
    "NoSuchObject",
    "NotConfigured",
    "RequestOptions",
    "SignatureInvalid",
    "Stripe",
    "StripeFailure",
    "V1Services",
    "plain",
    "signed_at",
]

API_VERSION = "2026-10-28.endive"
"""The version that this code was written against, whatever the account's own default is."""

TOTAL_SECONDS = 20.0
MOST_BYTES = 8 * 1024 * 1024
REFUSALS, CONFLICT, TOO_MANY, BREAKDOWNS = 400, 409, 429, 500

# Stripe's library would tell Stripe about this machine, and keep an id in the home folder.
stripe.enable_telemetry = False

T = TypeVar("T")
Request = Callable[[V1Services, RequestOptions], Awaitable[T]]

# The key of the write that is under way: the library invents one where none is given, and a key
# that nobody knows afterwards is no protection.
_key: ContextVar[str | None] = ContextVar("stripe_key", default=None)


class NotConfigured(ApiError, status=503, code="stripe_not_configured"):
    """This installation has no Stripe account: the operator has to set STRIPE_SECRET_KEY."""


class StripeFailure(BadGateway, code="stripe_failed"):
    """A call to Stripe came to nothing; `reason` is what Stripe said."""

    def __init__(self, reason: str, status: int | None = None, stripe_code: str | None = None,
                 request_id: str | None = None) -> None:  # fmt: skip
        super().__init__(reason=reason)
        self.reason = reason
        self.http_status = status
        self.stripe_code = stripe_code
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.reason} ({self.http_status}, {self.stripe_code}, {self.request_id})"


class Declined(StripeFailure, code="stripe_declined"):
    """Stripe refused, and nothing was done; `reason` is what Stripe said."""


class NoSuchObject(Declined, code="stripe_no_such_object"):
    """Stripe knows no such object, or it belongs to another account."""


class Ambiguous(StripeFailure, code="stripe_unreachable"):
    """Nobody knows whether Stripe did it: try again under the same key, or look."""


class SignatureInvalid(Exception):
    """The body does not come from Stripe, or from a Stripe that we don't know."""


def _no_answer(reason: str) -> stripe.APIConnectionError:
    lost: stripe.APIConnectionError = stripe.APIConnectionError(reason[:300])  # type: ignore[no-untyped-call]  # the library's constructor has no types
    return lost


class Transport(stripe.HTTPClient):
    """The library's HTTP, over the client that the rest of OpenPartner uses.

    A connection for each request: one that was kept and that the other side has just closed would
    turn a definite answer into an ambiguous one.
    """

    name = "httpcore2"

    def __init__(self, trust: ssl.SSLContext, seconds: Callable[[], float]) -> None:
        super().__init__()
        self._trust = trust
        self._seconds = seconds

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        if method != "get" and headers.get("Idempotency-Key") != _key.get():
            raise RuntimeError("what changes something at Stripe goes through Stripe.write")
        try:
            async with asyncio.timeout(self._seconds()):
                return await self._exchange(method, url, headers, post_data)
        except TimeoutError as problem:
            raise _no_answer(f"no complete answer within {self._seconds():g} s") from problem
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException,
                OSError) as problem:  # fmt: skip
            raise _no_answer(f"{type(problem).__name__}: {problem}") from problem

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        sent = {**headers, "Accept-Encoding": "identity"}
        body = (post_data or "").encode()
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=self._trust) as pool,
            pool.stream(method.upper(), url, headers=list(sent.items()), content=body) as answer,
        ):
            kept = bytearray()
            async for chunk in answer.aiter_stream():
                kept += chunk
                if len(kept) > MOST_BYTES:
                    raise _no_answer("the answer is larger than any of Stripe's")
            named = {
                name.decode().lower(): value.decode("latin-1") for name, value in answer.headers
            }
            return bytes(kept), answer.status, named

    def sleep_async(self, secs: float) -> Awaitable[None]:
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Nothing is kept between requests."""


@dataclass(slots=True)
class Stripe:
    """`await stripe.write(lambda v1, options: v1.transfers.create_async({…}, options), key=…)`.

    The parameters and the answers are the library's own types. Raises NotConfigured without a
    key, Declined when Stripe said no, and Ambiguous when nobody knows. We never retry by
    ourselves: whoever calls decides when, under the same key.
    """

    secret_key: str | None
    base: str | None = None
    seconds: float = TOTAL_SECONDS
    # Made at the first call: reading every authority of the machine takes a while.
    _clients: dict[tuple[str, str | None], stripe.StripeClient] = field(
        default_factory=dict, init=False
    )

    @classmethod
    def of(cls, settings: Settings) -> "Stripe":
        key = settings.stripe_secret_key
        return cls(key.get_secret_value() if key else None, settings.stripe_api_base)

    @property
    def configured(self) -> bool:
        return self.secret_key is not None

    async def read(self, request: Request[T], *, account: str | None = None) -> T:
        """What changes nothing; `account` is a connected account to look into."""
        return await self._send(request, None, account)

    async def write(self, request: Request[T], *, key: str, account: str | None = None) -> T:
        """What changes something: once, however often it is sent within the 24 hours of its key."""
        return await self._send(request, key, account)

    async def _send(self, request: Request[T], key: str | None, account: str | None) -> T:
        options = RequestOptions()
        if key is not None:
            options["idempotency_key"] = key
        if account is not None:
            options["stripe_account"] = account
        client, token = self._ready(), _key.set(key)
        try:
            return await request(client.v1, options)
        except stripe.StripeError as problem:
            _told_apart(problem)
        finally:
            _key.reset(token)

    def _ready(self) -> stripe.StripeClient:
        if self.secret_key is None:
            raise NotConfigured
        place = self.secret_key, self.base
        if place not in self._clients:
            addresses = dict.fromkeys(("api", "connect", "files", "meter_events"), self.base)
            self._clients[place] = stripe.StripeClient(
                self.secret_key,
                stripe_version=API_VERSION,
                base_addresses=addresses if self.base else None,  # type: ignore[arg-type]  # the library's TypedDict has just these keys
                max_network_retries=0,
                http_client=Transport(httpcore2.default_ssl_context(), lambda: self.seconds),
            )
        return self._clients[place]


def _told_apart(problem: stripe.StripeError) -> Never:
    """Definite: a 4xx that says what is wrong with the request. All else leaves it open."""
    status = problem.http_status
    said = (problem.user_message or str(problem))[:500], status, problem.code, problem.request_id
    refused = (
        status is not None
        and REFUSALS <= status < BREAKDOWNS
        and status not in {CONFLICT, TOO_MANY}
        and not isinstance(problem, (stripe.IdempotencyError, stripe.APIConnectionError))
    )
    if not refused:
        raise Ambiguous(*said) from problem
    raise (NoSuchObject if problem.code == "resource_missing" else Declined)(*said) from problem


def plain(found: StripeObject) -> dict[str, Any]:
    """An answer as JSON would have it."""
    return found.to_dict(for_json=True)


def signed_at(body: bytes, header: str, secret: str) -> int:
    """When Stripe signed this body with this secret, in seconds. Raises SignatureInvalid.

    Whether that is recent is another question.
    """
    try:
        stripe.WebhookSignature.verify_header(body, header, secret)
    except (SignatureVerificationError, UnicodeDecodeError) as problem:
        raise SignatureInvalid from problem
    # It was just read that way by the library.
    return int(next(part[2:] for part in header.split(",") if part.startswith("t=")))
