"""Stripe's transfers, as far as payouts need them: make one, read one, find all of one payout."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.outside.stripe import Ambiguous, Declined, NotConfigured, Stripe, StripeFailure, plain

PAYOUT, TENANT, GENERATION = (
    "openpartner_payout_id", "openpartner_tenant_id", "openpartner_generation",
)  # fmt: skip
PAGE = 100
# More than this of one payout, and somebody has to look anyway.
MOST_PAGES = 10
UNAUTHORIZED, FORBIDDEN = 401, 403


class Refused(Exception):
    """Stripe said no, and nothing was done."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Unclear(Exception):
    """Nobody knows what Stripe did, or what it has."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Transfer:
    """What Stripe knows of one; `amount` in its units, `generation` None where it can't be read."""

    id: str
    amount: int
    currency: str
    destination: str
    returned: int
    payout_id: str | None
    tenant_id: str | None
    generation: int | None
    created_at: datetime

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Transfer":
        metadata = found.get("metadata") or {}
        generation = str(metadata.get(GENERATION, ""))
        destination = found.get("destination")
        if isinstance(destination, Mapping):
            destination = destination.get("id")
        return cls(
            id=found["id"],
            amount=found["amount"],
            currency=str(found["currency"]).upper(),
            destination=str(destination),
            returned=found.get("amount_reversed") or 0,
            payout_id=metadata.get(PAYOUT),
            tenant_id=metadata.get(TENANT),
            generation=int(generation) if generation.isascii() and generation.isdigit() else None,
            created_at=datetime.fromtimestamp(found["created"], UTC),
        )

    @property
    def is_live(self) -> bool:
        """Whether the partner still has any of it."""
        return self.returned < self.amount


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that is frozen about a transfer, and whose turn at it this is."""

    tenant_id: UUID
    payout_id: UUID
    amount: int
    currency: str
    destination: str
    key: str
    generation: int
    lease: UUID
    attempt: int
    mode: str

    def is_met_by(self, found: Transfer) -> bool:
        """Whether this is the transfer that was ordered."""
        return (found.amount, found.currency, found.destination, found.generation) == (
            self.amount, self.currency, self.destination, self.generation,
        )  # fmt: skip


def group_of(payout_id: UUID) -> str:
    """All transfers of one payout carry it, whatever their keys."""
    return str(payout_id)


def key_of(payout_id: UUID, generation: int) -> str:
    """The same for every attempt; another only once an operator has decided so."""
    return f"payout_{payout_id}_g{generation}" if generation else f"payout_{payout_id}"


async def create(stripe: Stripe, order: Order) -> Transfer:
    """Sends the order; under the same key any number of times. Raises Refused or Unclear."""
    wanted: Any = {
        "amount": order.amount,
        "currency": order.currency.lower(),
        "destination": order.destination,
        "transfer_group": group_of(order.payout_id),
        "metadata": {
            PAYOUT: str(order.payout_id),
            TENANT: str(order.tenant_id),
            GENERATION: str(order.generation),
            "mode": order.mode,
        },
    }
    try:
        made = await stripe.write(
            lambda v1, options: v1.transfers.create_async(wanted, options), key=order.key
        )
    except Declined as problem:
        if problem.http_status in {UNAUTHORIZED, FORBIDDEN}:
            # The installation's key is wrong, not the payout: it can go when the key is right.
            raise Unclear(problem.reason) from problem
        raise Refused(problem.stripe_code or "stripe_declined", problem.reason) from problem
    except (Ambiguous, NotConfigured) as problem:
        raise Unclear(reason_of(problem)) from problem
    return Transfer.of(plain(made))


async def read(stripe: Stripe, transfer_id: str) -> Transfer:
    """As it is now: an answer that is replayed under its key is as old as the first. Raises Unclear."""
    try:
        found = await stripe.read(
            lambda v1, options: v1.transfers.retrieve_async(transfer_id, options=options)
        )
    except (StripeFailure, NotConfigured) as problem:
        raise Unclear(reason_of(problem)) from problem
    return Transfer.of(plain(found))


async def of_payout(stripe: Stripe, payout_id: UUID) -> list[Transfer]:
    """All of them, or Unclear: half a list is no answer to "was it sent?"."""
    return [one async for one in _listed(stripe, {"transfer_group": group_of(payout_id)})]


async def since(stripe: Stripe, moment: datetime) -> list[Transfer]:
    """Every transfer of the account since then, ours or not. Raises Unclear."""
    asked = {"created": {"gte": int(moment.timestamp())}}
    return [one async for one in _listed(stripe, asked, most_pages=1000)]


async def _listed(
    stripe: Stripe, asked: dict[str, Any], *, most_pages: int = MOST_PAGES
) -> AsyncIterator[Transfer]:
    wanted: Any = {**asked, "limit": PAGE}
    for _ in range(most_pages):
        try:
            page = plain(
                await stripe.read(
                    lambda v1, options: v1.transfers.list_async(dict(wanted), options)  # type: ignore[arg-type]  # built from parts
                )
            )
        except (StripeFailure, NotConfigured) as problem:
            raise Unclear(reason_of(problem)) from problem
        for found in page["data"]:
            yield Transfer.of(found)
        if not page.get("has_more"):
            return
        wanted["starting_after"] = page["data"][-1]["id"]
    raise Unclear("Stripe's list has no end")


def reason_of(problem: StripeFailure | NotConfigured) -> str:
    """For people who look at what is stuck."""
    return problem.reason if isinstance(problem, StripeFailure) else str(problem)
