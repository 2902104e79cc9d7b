"""Events of this Stripe: made by its changes or by tests, signed as Stripe signs them, and sent."""

import asyncio
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

import httpx2
import stripe

from tests.support.stripe_double.call import Json
from tests.support.stripe_double.store import Store

API_VERSION = "2026-10-28.endive"
SECRET = "whsec_double"
AT_ONCE = 8


@dataclass(slots=True)
class Webhooks:
    """`happened` is every event so far, oldest first."""

    store: Store
    now: Callable[[], int]
    happened: list[Json] = field(default_factory=list)

    def event(
        self, kind: str, about: Json, *, created: int | None = None, account: str | None = None,
        previous: Json | None = None, api_version: str = API_VERSION,
    ) -> Json:  # fmt: skip
        """An event about a copy of this object as it is now; it can be read back like Stripe's."""
        data: Json = {"object": deepcopy(about)}
        if previous is not None:
            data["previous_attributes"] = previous
        made: Json = {
            "id": self.store.new_id("evt"),
            "object": "event",
            "api_version": api_version,
            "created": self.now() if created is None else created,
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        if account is not None:
            made["account"] = account
        self.store.put("event", made)
        self.happened.append(made)
        return made

    async def send(
        self, http: httpx2.AsyncClient, event: Json, *, secret: str = SECRET,
        path: str = "/api/webhooks/stripe", at: int | None = None,
    ) -> httpx2.Response:  # fmt: skip
        """One delivery, signed now or at another moment."""
        body = json.dumps(event)
        return await http.post(
            path,
            content=body,
            headers={
                "content-type": "application/json; charset=utf-8",
                "stripe-signature": signature(body, secret, at),
            },
        )

    async def flood(
        self, http: httpx2.AsyncClient, events: Sequence[Json], *, shuffle: Random | None = None,
        most: int = 1,
    ) -> list[httpx2.Response]:  # fmt: skip
        """Each of the events one to `most` times, in the order given or in any."""
        chance = shuffle or Random(0)
        deliveries = [event for event in events for _ in range(chance.randint(1, most))]
        if shuffle is not None:
            shuffle.shuffle(deliveries)
        # Several at once, as Stripe does; those of one chunk overtake each other as they like.
        answers: list[httpx2.Response] = []
        for first in range(0, len(deliveries), AT_ONCE):
            chunk = deliveries[first : first + AT_ONCE]
            answers += await asyncio.gather(*(self.send(http, event) for event in chunk))
        return answers


def signature(body: str, secret: str, at: int | None = None) -> str:
    """A `Stripe-Signature` header."""
    made: str = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return made
