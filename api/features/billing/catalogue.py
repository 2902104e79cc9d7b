"""What hosted brands can buy, as Stripe has to know it; made where it is missing, never twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.features.usage.for_others import ATTRIBUTED_GMV
from api.outside.stripe import Stripe, plain
from shared.ids import new_id

NETWORK_PAYOUTS = "openpartner_network_payouts"
PRODUCT, KIND = "openpartner_product", "openpartner_price_kind"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """`monthly` and `usage` are in US cents: a month, and each dollar that the meter counts."""

    key: str
    name: str
    meter: str
    usage: str
    usage_variable: str
    monthly: int | None = None
    monthly_variable: str | None = None


OFFERS = (
    Offer(
        "flex", "OpenPartner Flex", ATTRIBUTED_GMV, "1.5", "STRIPE_FLAT_USAGE_PRICE_ID",
        4900, "STRIPE_FLAT_PRICE_ID",
    ),
    Offer(
        "network_access", "OpenPartner Network access", NETWORK_PAYOUTS, "3",
        "STRIPE_NETWORK_USAGE_PRICE_ID", 2900, "STRIPE_NETWORK_PRICE_ID",
    ),
    Offer(
        "revshare", "OpenPartner Revenue share", ATTRIBUTED_GMV, "3",
        "STRIPE_REVSHARE_USAGE_PRICE_ID",
    ),
)  # fmt: skip
METERS = {
    ATTRIBUTED_GMV: "Attributed sales, in US dollars",
    NETWORK_PAYOUTS: "Payouts through the Network, in US dollars",
}


async def set_up(stripe: Stripe) -> dict[str, str]:
    """The prices' ids by the variable that names each. Can be stopped anywhere, and run again."""
    meters = {event: await _meter(stripe, event, name) for event, name in METERS.items()}
    variables: dict[str, str] = {}
    for offer in OFFERS:
        product = await _product(stripe, offer)
        if offer.monthly is not None and offer.monthly_variable is not None:
            amount: Json = {"unit_amount": offer.monthly, "recurring": {"interval": "month"}}
            variables[offer.monthly_variable] = await _price(stripe, offer, product, "base", amount)
        metered = {"interval": "month", "usage_type": "metered", "meter": meters[offer.meter]}
        usage: Json = {"unit_amount_decimal": offer.usage, "recurring": metered}
        variables[offer.usage_variable] = await _price(stripe, offer, product, "usage", usage)
    return variables


async def _meter(stripe: Stripe, event: str, name: str) -> str:
    found = await _every(
        stripe, lambda v1, options, page: v1.billing.meters.list_async(page, options),
        {"status": "active"},
    )  # fmt: skip
    for meter in found:
        if meter["event_name"] == event:
            return str(meter["id"])
    wanted: Json = {
        "event_name": event,
        "display_name": name,
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
        "value_settings": {"event_payload_key": "value"},
    }
    return await _made(
        stripe, f"meter_{event}",
        lambda v1, options: v1.billing.meters.create_async(wanted, options),
        lambda v1, made, options: v1.billing.meters.retrieve_async(made, {}, options),
    )  # fmt: skip


async def _product(stripe: Stripe, offer: Offer) -> str:
    found = await _every(
        stripe, lambda v1, options, page: v1.products.list_async(page, options), {"active": True}
    )
    ours = [each for each in found if each["metadata"].get(PRODUCT) == offer.key]
    if ours:
        # The oldest, so that everybody who looks finds the same one.
        return str(ours[-1]["id"])
    wanted: Json = {"name": offer.name, "metadata": {PRODUCT: offer.key}}
    return await _made(
        stripe, f"product_{offer.key}",
        lambda v1, options: v1.products.create_async(wanted, options),
        lambda v1, made, options: v1.products.retrieve_async(made, {}, options),
    )  # fmt: skip


async def _price(stripe: Stripe, offer: Offer, product: str, kind: str, amount: Json) -> str:
    found = await _every(
        stripe, lambda v1, options, page: v1.prices.list_async(page, options),
        {"product": product, "active": True},
    )  # fmt: skip
    ours = [each for each in found if each["metadata"].get(KIND) == kind]
    if ours:
        return str(ours[-1]["id"])
    wanted: Json = {
        "product": product,
        "currency": "usd",
        "tax_behavior": "exclusive",
        "metadata": {PRODUCT: offer.key, KIND: kind},
        **amount,
    }
    return await _made(
        stripe, f"price_{product}_{kind}",
        lambda v1, options: v1.prices.create_async(wanted, options),
        lambda v1, made, options: v1.prices.retrieve_async(made, {}, options),
    )  # fmt: skip


async def _every(
    stripe: Stripe, listed: Callable[[Any, Any, Any], Any], wanted: Json
) -> list[Json]:
    """All pages, newest first."""
    found: list[Json] = []
    more = True
    while more:
        page = {**wanted, "limit": 100}
        if found:
            page["starting_after"] = found[-1]["id"]
        answer = await stripe.read(
            lambda v1, options, page=page: listed(v1, options, page)  # type: ignore[misc]  # mypy can't infer a lambda's default
        )
        found += [plain(each) for each in answer.data]
        more = answer.has_more
    return found


async def _made(
    stripe: Stripe,
    key: str,
    create: Callable[[Any, Any], Any],
    read: Callable[[Any, str, Any], Any],
) -> str:
    """Under a key of its own, so that two at once, or a lost answer, make one.

    Within a day the key answers also with what was archived since: then another one is made.
    """
    made = plain(await stripe.write(create, key=f"setup_{key}"))
    now = plain(await stripe.read(lambda v1, options: read(v1, made["id"], options)))
    if now.get("active") is False or now.get("status") == "inactive":
        made = plain(await stripe.write(create, key=f"setup_{key}_{new_id()}"))
    return str(made["id"])
