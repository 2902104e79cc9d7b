"""Campaigns that believe servers only: what a browser says is kept, and credits nobody by itself."""

from uuid import UUID

import httpx2
import pytest

from tests.support.brand import Brand
from tests.support.campaigns import edit
from tests.support.conversions import amounts, click, days_ago, identify, promotion, report
from tests.support.refusals import refusal


async def from_a_browser(brand: Brand, cref: str, user: str = "customer") -> httpx2.Response:
    path = f"/t/{brand.slug}/attribution/identify"
    return await brand.post(path, {"cref": cref, "userId": user}, headers={})


async def test_s11_a_browser_only_proposes_and_a_server_confirms(brand: Brand) -> None:
    link = await promotion(brand, identifyRequiresKey=True)
    cref = await click(brand, link, at=days_ago(1))
    await report(brand)
    for _ in range(2):
        answer = await from_a_browser(brand, cref)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "ok": True, "identityId": None, "firstStitch": False, "backfilledAttributions": 0,
            "proposed": True,
        }  # fmt: skip
    assert await brand.rows("identities") == []
    assert await amounts(brand) == []
    [proposal] = await brand.rows("identity_proposals")
    assert (proposal["click_id"], proposal["user_id"]) == (UUID(cref), "customer")
    assert proposal["confirmed_at"] is None
    server = await brand.scoped_headers("identify:write")
    body = {"cref": cref, "userId": "customer"}
    confirmed = await brand.made("/attribution/identify", body, headers=server)
    assert (confirmed["firstStitch"], confirmed["backfilledAttributions"]) == (True, 1)
    assert await amounts(brand) == ["40.00 USD"]
    [proposal] = await brand.rows("identity_proposals")
    assert proposal["confirmed_at"] is not None
    # From now on the browser says what is known.
    known = (await from_a_browser(brand, cref)).json()
    assert (known["identityId"], known["proposed"]) == (confirmed["identityId"], False)


@pytest.mark.parametrize("scope", ["events:write", "partners:read"])
async def test_s11_a_key_for_something_else_only_proposes_too(brand: Brand, scope: str) -> None:
    cref = await click(brand, await promotion(brand, identifyRequiresKey=True))
    body = {"cref": cref, "userId": "customer"}
    headers = await brand.scoped_headers(scope)
    assert (await brand.made("/attribution/identify", body, headers=headers))["proposed"] is True
    partner = await brand.partner_headers(await brand.partner())
    assert (await brand.made("/attribution/identify", body, headers=partner))["proposed"] is True
    assert await brand.rows("identities") == []


async def test_other_campaigns_believe_browsers_as_before(brand: Brand) -> None:
    link = await promotion(brand)
    first = (await from_a_browser(brand, await click(brand, link))).json()
    assert (first["firstStitch"], first["proposed"]) == (True, False)
    campaign = {"id": link["campaignId"]}
    assert (await edit(brand, campaign, identifyRequiresKey=True)).json()["identifyRequiresKey"]
    cref = await click(brand, link)
    assert (await from_a_browser(brand, cref)).json()["proposed"] is True
    assert (await identify(brand, cref))["firstStitch"]


async def test_an_unknown_click_can_not_be_proposed(brand: Brand, other_brand: Brand) -> None:
    cref = await click(other_brand, await promotion(other_brand, identifyRequiresKey=True))
    assert refusal(await from_a_browser(brand, cref)) == (404, "click_not_found")
    assert await brand.rows("identity_proposals") == []
