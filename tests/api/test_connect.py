"""Stripe Connect: one account for each partner, and payouts by what Stripe says of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.features.connect.for_others import account_changed
from shared.clock import now
from tests.support.brand import Brand
from tests.support.ledger import session_of
from tests.support.payouts import RETURN
from tests.support.refusals import refusal
from tests.support.stripe_double import StripeDouble
from tests.support.stripe_double.accounts import onboard


async def account_of(brand: Brand, partner_id: str) -> str | None:
    [row] = await brand.fetch("select * from partners where id = $1", UUID(partner_id))
    account: str | None = row["stripe_connect_account_id"]
    return account


async def test_a_partner_is_led_to_stripe_with_an_account_of_their_own(
    brand: Brand, stripe_double: StripeDouble
) -> None:
    partner = await brand.partner()
    path = f"/partners/{partner['id']}/connect"
    assert (await brand.get(f"{path}/status")).json() == {"connected": False}
    started = await brand.made(f"{path}/start", RETURN)
    assert started["url"].startswith("https://connect.stripe.com/")
    assert datetime.fromisoformat(started["expiresAt"]) > now()
    [account] = stripe_double.store.all("account")
    assert (account["type"], account["email"]) == ("standard", partner["email"])
    assert account["metadata"] == {
        "openpartner_partner_id": partner["id"],
        "openpartner_tenant_id": str(brand.tenant_id),
    }
    assert (await brand.get(f"{path}/status")).json() == {
        "connected": True, "accountId": account["id"], "chargesEnabled": False,
        "payoutsEnabled": False, "detailsSubmitted": False,
    }  # fmt: skip
    onboard(stripe_double, account["id"])
    answer = await brand.get(f"{path}/status", headers=await brand.partner_headers(partner))
    assert answer.json()["payoutsEnabled"] is True


async def test_clicking_twice_makes_one_account(brand: Brand, stripe_double: StripeDouble) -> None:
    partner = await brand.partner()
    path = f"/partners/{partner['id']}/connect/start"
    answers = await asyncio.gather(*(brand.post(path, RETURN) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {200, 502}
    again = await brand.made(path, RETURN)
    assert again["url"]
    assert len(stripe_double.store.all("account")) == 1


async def test_without_stripe_nobody_is_connected(brand: Brand) -> None:
    partner = await brand.partner()
    answer = await brand.post(f"/partners/{partner['id']}/connect/start", RETURN)
    assert refusal(answer) == (503, "stripe_not_configured")
    unknown = await brand.get(f"/partners/{brand.tenant_id}/connect/status")
    assert refusal(unknown) == (404, "partner_not_found")


@pytest.mark.usefixtures("stripe_double")
async def test_an_event_says_what_an_account_may_do_and_a_late_one_says_nothing(
    brand: Brand,
) -> None:
    partner = await brand.partner()
    await brand.made(f"/partners/{partner['id']}/connect/start", RETURN)
    account = await account_of(brand, partner["id"])
    told = {"id": account, "charges_enabled": True, "payouts_enabled": True,
            "details_submitted": True}  # fmt: skip
    moment = datetime.now(UTC)
    async with session_of(brand) as session:
        assert await account_changed(session, told, moment)
        assert await account_changed(session, {"id": account}, moment - timedelta(hours=1))
    shown = (await brand.get(f"/partners/{partner['id']}")).json()
    assert shown["metadata"]["stripe"]["payoutsEnabled"] is True
    async with session_of(brand) as session:
        assert await account_changed(session, {"id": account}, moment + timedelta(hours=1))
    shown = (await brand.get(f"/partners/{partner['id']}")).json()
    assert shown["metadata"]["stripe"]["payoutsEnabled"] is False


@pytest.mark.usefixtures("stripe_double")
async def test_metadata_that_somebody_wrote_redirects_nobodys_money(brand: Brand) -> None:
    partner = await brand.partner()
    await brand.made(f"/partners/{partner['id']}/connect/start", RETURN)
    account = await account_of(brand, partner["id"])
    forged = {"id": "acct_thief", "payouts_enabled": True,
              "metadata": {"openpartner_partner_id": partner["id"]}}  # fmt: skip
    async with session_of(brand) as session:
        assert not await account_changed(session, forged, now())
    assert await account_of(brand, partner["id"]) == account
