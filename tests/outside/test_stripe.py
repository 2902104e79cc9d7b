"""The Stripe client: what it sends, how it tells failures apart, and that the double can say no."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from api.outside.stripe import (
    API_VERSION,
    Ambiguous,
    Declined,
    NoSuchObject,
    NotConfigured,
    Stripe,
    V1Services,
    plain,
)
from tests.support.stripe_double import StripeDouble, doubled
from tests.support.stripe_double.accounts import onboard
from tests.support.stripe_double.double import SECRET_KEY
from tests.support.stripe_double.faults import Kind
from tests.support.stripe_double.transfers import fund


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with doubled() as double:
        yield double


@pytest.fixture
def stripe(double: StripeDouble) -> Stripe:
    return Stripe(SECRET_KEY, double.url)


async def account_of(stripe: Stripe, double: StripeDouble) -> str:
    made = await stripe.write(
        lambda v1, options: v1.accounts.create_async({"type": "standard"}, options), key="account"
    )
    onboard(double, made.id)
    return made.id


async def transfer(
    stripe: Stripe, account: str, *, key: str = "payout_1", amount: int = 4000, group: str = "one"
) -> dict[str, Any]:
    made = await stripe.write(
        lambda v1, options: v1.transfers.create_async(
            {"amount": amount, "currency": "usd", "destination": account, "transfer_group": group},
            options,
        ),
        key=key,
    )
    return plain(made)


async def test_every_call_names_its_version_and_its_key(
    stripe: Stripe, double: StripeDouble
) -> None:
    await transfer(stripe, await account_of(stripe, double))
    [asked] = double.asked("POST", "/v1/transfers")
    assert (asked.headers["stripe-version"], asked.key) == (API_VERSION, "payout_1")
    assert "x-stripe-client-telemetry" not in asked.headers
    assert "telemetry_id" not in asked.headers["x-stripe-client-user-agent"]
    assert double.violations == []


async def test_without_a_secret_key_nothing_is_called(double: StripeDouble) -> None:
    with pytest.raises(NotConfigured):
        await Stripe(None, double.url).read(
            lambda v1, options: v1.balance.retrieve_async(None, options)
        )
    assert double.calls == []


async def test_a_change_without_a_key_of_ours_is_never_sent(
    stripe: Stripe, double: StripeDouble
) -> None:
    with pytest.raises(RuntimeError, match=r"Stripe\.write"):
        await stripe.read(lambda v1, options: v1.customers.create_async({}, options))
    assert double.calls == []


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("timeout_before", 0), ("timeout_after", 1), ("reset_before", 0), ("reset_after", 1),
        ("500_before", 0), ("429", 0),
    ],
)  # fmt: skip
async def test_what_may_have_happened_is_ambiguous_and_the_same_key_settles_it(
    stripe: Stripe, double: StripeDouble, kind: Kind, done: int
) -> None:
    account = await account_of(stripe, double)
    stripe.seconds = 0.3 if kind.startswith("timeout") else 20.0
    double.fail(kind, "/v1/transfers")
    with pytest.raises(Ambiguous):
        await transfer(stripe, account)
    assert len(double.store.all("transfer")) == done
    stripe.seconds = 20.0
    made = await transfer(stripe, account)
    assert [each["id"] for each in double.store.all("transfer")] == [made["id"]]


async def test_a_breakdown_that_stripe_remembers_stays_ambiguous(
    stripe: Stripe, double: StripeDouble
) -> None:
    account = await account_of(stripe, double)
    double.fail("500_after", "/v1/transfers")
    for _ in range(2):
        with pytest.raises(Ambiguous):
            await transfer(stripe, account)
    assert len(double.store.all("transfer")) == 1


async def test_a_server_that_is_away_is_ambiguous() -> None:
    away = Stripe(SECRET_KEY, "http://127.0.0.1:1")
    with pytest.raises(Ambiguous, match="ConnectError"):
        await away.read(lambda v1, options: v1.balance.retrieve_async(None, options))


async def test_another_body_under_the_same_key_is_ambiguous(
    stripe: Stripe, double: StripeDouble
) -> None:
    account = await account_of(stripe, double)
    await transfer(stripe, account, amount=4000)
    with pytest.raises(Ambiguous, match="same parameters"):
        await transfer(stripe, account, amount=4001)
    assert [each["amount"] for each in double.store.all("transfer")] == [4000]


async def test_two_at_once_under_one_key_make_one(stripe: Stripe, double: StripeDouble) -> None:
    account = await account_of(stripe, double)
    fault = double.fail("held", "/v1/transfers")
    first = asyncio.create_task(transfer(stripe, account))
    await fault.reached.wait()
    with pytest.raises(Ambiguous, match="in-progress"):
        await transfer(stripe, account)
    fault.release()
    made = await first
    assert [each["id"] for each in double.store.all("transfer")] == [made["id"]]


async def test_a_key_is_forgotten_after_its_day(stripe: Stripe, double: StripeDouble) -> None:
    account = await account_of(stripe, double)
    first = await transfer(stripe, account)
    double.pass_time(timedelta(hours=23, minutes=59))
    assert (await transfer(stripe, account))["id"] == first["id"]
    double.pass_time(timedelta(minutes=1))
    assert (await transfer(stripe, account))["id"] != first["id"]


async def test_what_stripe_refuses_is_declined(stripe: Stripe, double: StripeDouble) -> None:
    account = await account_of(stripe, double)
    fund(double, 100, "usd")
    with pytest.raises(Declined) as refused:
        await transfer(stripe, account)
    assert refused.value.stripe_code == "balance_insufficient"
    assert "insufficient" in refused.value.details["reason"]
    fund(double, 4000, "usd")
    assert (await transfer(stripe, account))["amount"] == 4000


async def test_what_does_not_exist_is_missing(stripe: Stripe) -> None:
    with pytest.raises(NoSuchObject):
        await stripe.read(lambda v1, options: v1.transfers.retrieve_async("tr_1", None, options))


async def test_a_wrong_secret_key_is_declined(double: StripeDouble) -> None:
    wrong = Stripe("sk_test_wrong", double.url)
    with pytest.raises(Declined):
        await wrong.read(lambda v1, options: v1.balance.retrieve_async(None, options))


async def test_lists_come_in_pages_newest_first(stripe: Stripe, double: StripeDouble) -> None:
    account = await account_of(stripe, double)
    made = [(await transfer(stripe, account, key=f"payout_{n}"))["id"] for n in range(5)]
    await transfer(stripe, account, key="other", group="two")

    async def group(v1: V1Services, options: Any) -> list[str]:
        page = await v1.transfers.list_async({"transfer_group": "one", "limit": 2}, options)
        return [each.id async for each in page.auto_paging_iter()]

    assert await stripe.read(group) == made[::-1]
    assert len([call for call in double.calls if call.method == "GET"]) == 3
    assert double.violations == []


async def test_a_reversal_shows_on_its_transfer(stripe: Stripe, double: StripeDouble) -> None:
    made = await transfer(stripe, await account_of(stripe, double))
    await stripe.write(
        lambda v1, options: v1.transfers.reversals.create_async(
            made["id"], {"amount": 1500}, options
        ),
        key="reversal",
    )
    found = await stripe.read(
        lambda v1, options: v1.transfers.retrieve_async(made["id"], None, options)
    )
    assert (found.amount_reversed, found.reversed) == (1500, False)
    assert [event["type"] for event in double.webhooks.happened][-2:] == [
        "transfer.created", "transfer.reversed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"currency": "usd"}, "destination is missing"),
        ({"currency": "usd", "destination": "a", "amount": "many"}, "amount can't be 'many'"),
        ({"currency": "usd", "destination": "a", "speed": "high"}, "speed is unknown"),
        ({"currency": "usd", "destination": "a", "metadata": {"a": {"b": "c"}}}, "metadata can't"),
        ({"currency": "usd", "destination": "a", "source_type": "gold"}, "is not one of"),
    ],
)
async def test_the_double_sees_what_stripe_would_not_understand(
    stripe: Stripe, double: StripeDouble, params: Any, said: str
) -> None:
    with pytest.raises(Declined):
        await stripe.write(lambda v1, options: v1.transfers.create_async(params, options), key="x")
    assert any(said in violation for violation in double.violations), double.violations


async def test_an_address_that_nobody_knows_is_a_violation(double: StripeDouble) -> None:
    stripe = Stripe(SECRET_KEY, double.url)
    with pytest.raises(Declined):
        await stripe.read(lambda v1, options: v1.climate.orders.list_async({}, options))
    assert "no such address" in double.violations[0]
