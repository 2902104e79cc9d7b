"""`openpartner setup-stripe`: makes what brands can buy, once, wherever it was stopped before."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from api.features.billing.catalogue import set_up
from api.outside.stripe import Ambiguous, Stripe
from tests.cli.running import bare_environment
from tests.support.databases import ROOT
from tests.support.stripe_double import StripeDouble, doubled
from tests.support.stripe_double.double import SECRET_KEY
from tests.support.stripe_double.faults import Kind

MADE = {"meter": 2, "product": 3, "price": 5}
VARIABLES = {
    "STRIPE_FLAT_PRICE_ID": ("flex", "base", 4900, "4900"),
    "STRIPE_FLAT_USAGE_PRICE_ID": ("flex", "usage", None, "1.5"),
    "STRIPE_NETWORK_PRICE_ID": ("network_access", "base", 2900, "2900"),
    "STRIPE_NETWORK_USAGE_PRICE_ID": ("network_access", "usage", None, "3"),
    "STRIPE_REVSHARE_USAGE_PRICE_ID": ("revshare", "usage", None, "3"),
}


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with doubled() as double:
        yield double
    assert double.violations == []


@pytest.fixture
def stripe(double: StripeDouble) -> Stripe:
    return Stripe(SECRET_KEY, double.url)


def made(double: StripeDouble) -> dict[str, int]:
    return {kind: len(double.store.all(kind)) for kind in MADE}


async def test_it_makes_three_products_with_their_prices_and_two_meters(
    double: StripeDouble, stripe: Stripe
) -> None:
    variables = await set_up(stripe)
    assert made(double) == MADE
    shown = {}
    for name, made_id in variables.items():
        price = double.store.get("price", made_id)
        about = price["metadata"]
        shown[name] = (
            about["openpartner_product"], about["openpartner_price_kind"], price["unit_amount"],
            price["unit_amount_decimal"],
        )  # fmt: skip
        assert (price["currency"], price["tax_behavior"]) == ("usd", "exclusive")
        assert price["recurring"]["interval"] == "month"
    assert shown == VARIABLES
    meters = {meter["event_name"]: meter for meter in double.store.all("meter")}
    assert set(meters) == {"openpartner_attributed_gmv", "openpartner_network_payouts"}
    for meter in meters.values():
        assert meter["default_aggregation"] == {"formula": "sum"}
        assert meter["value_settings"] == {"event_payload_key": "value"}
        assert meter["customer_mapping"] == {
            "type": "by_id", "event_payload_key": "stripe_customer_id",
        }  # fmt: skip


async def test_again_it_finds_what_is_there_among_everything_else(
    double: StripeDouble, stripe: Stripe
) -> None:
    first = await set_up(stripe)
    # More products than fit onto a page, made since.
    for number in range(120):
        double.store.put(
            "product", {"id": f"prod_{number}", "object": "product", "active": True, "metadata": {}}
        )
    assert await set_up(stripe) == first
    assert len(double.store.all("price")) == MADE["price"]


# Before anything was made; and after it was, with the answer lost.
faults: tuple[tuple[Kind, int], ...] = (("reset_before", 0), ("reset_after", 1))


async def test_stopped_at_each_of_its_ten_writes_it_goes_on_without_a_second_one(
    double: StripeDouble, stripe: Stripe
) -> None:
    for written in range(10):
        for fault, more in faults:
            double.fail(fault, "/v1/")
            with pytest.raises(Ambiguous):
                await set_up(stripe)
            assert sum(made(double).values()) == written + more
    assert await set_up(stripe) == await set_up(stripe)
    assert made(double) == MADE


async def test_two_at_once_make_one_of_each(double: StripeDouble, stripe: Stripe) -> None:
    first, second = await asyncio.gather(set_up(stripe), set_up(stripe))
    assert first == second
    assert made(double) == MADE


async def test_what_was_archived_is_made_anew(double: StripeDouble, stripe: Stripe) -> None:
    first = await set_up(stripe)
    double.store.get("price", first["STRIPE_FLAT_PRICE_ID"])["active"] = False
    again = await set_up(stripe)
    changed = {name for name in first if first[name] != again[name]}
    assert changed == {"STRIPE_FLAT_PRICE_ID"}


async def openpartner(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env=bare_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_it_prints_what_belongs_into_the_environment(double: StripeDouble) -> None:
    done = await openpartner(
        "setup-stripe", STRIPE_SECRET_KEY=SECRET_KEY, STRIPE_API_BASE=double.url
    )
    assert (done.returncode, done.stderr) == (0, "")
    printed = dict(line.split("=") for line in done.stdout.splitlines())
    assert set(printed) == set(VARIABLES)
    assert set(printed.values()) == {price["id"] for price in double.store.all("price")}


@pytest.mark.parametrize("key", ["", "rk_test_1", "pk_live_1", "whsec_1", "sk_1"])
async def test_a_key_that_can_make_nothing_is_refused(key: str, double: StripeDouble) -> None:
    done = await openpartner("setup-stripe", STRIPE_SECRET_KEY=key, STRIPE_API_BASE=double.url)
    assert done.returncode == 1
    assert "STRIPE_SECRET_KEY" in done.stderr
    assert double.calls == []


async def test_a_stripe_that_says_no_is_one_line(double: StripeDouble) -> None:
    done = await openpartner(
        "setup-stripe", STRIPE_SECRET_KEY="sk_test_wrong", STRIPE_API_BASE=double.url
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "Invalid API Key" in done.stderr
