"""Partners who would be paid for being their own customers."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from shared.master_key import read_master_key
from shared.tokens import new_token
from shared.visitor import AddressHasher, clicked_at
from tests.conftest import SECRETS_KEY
from tests.support.brand import Brand, Json
from tests.support.conversions import amounts, click, explained, identify, report
from tests.support.figures import shown

ORIGIN = "http://localhost:4601"


async def own_link(brand: Brand, email: str) -> Json:
    return await brand.link(await brand.partner(email=email), await brand.campaign())


async def outcomes(brand: Brand, **event: Any) -> list[str]:
    why = await explained(brand, await report(brand, **event))
    return [one["outcome"] for one in why["clicks"]]


@pytest.mark.parametrize(
    ("email", "user"),
    [
        ("pat@shop.example", "pat@shop.example"),
        ("pat@shop.example", "Pat+test@SHOP.example"),
        ("pat.partner@gmail.com", "patpartner+x@googlemail.com"),
    ],
)
async def test_s11_a_customer_who_is_the_partner_earns_them_nothing(
    brand: Brand, email: str, user: str
) -> None:
    cref = await click(brand, await own_link(brand, email))
    await identify(brand, cref, user)
    assert await outcomes(brand, user=user) == ["flagged_self_referral"]
    assert await amounts(brand) == []
    [queued] = (await shown(brand, "/admin/clicks/flagged", reason="self_referral"))["clicks"]
    assert (queued["id"], queued["flaggedBy"], queued["ruleVersion"]) == (cref, "identify", 1)


async def test_s11_an_address_in_the_event_tells_as_well(brand: Brand) -> None:
    await identify(brand, await click(brand, await own_link(brand, "pat@shop.example")))
    metadata = {"customer": {"contact": "pat@shop.example"}}
    assert await outcomes(brand, metadata=metadata) == ["flagged_self_referral"]


async def test_anybody_else_is_a_customer(brand: Brand) -> None:
    link = await own_link(brand, "pat@shop.example")
    await identify(brand, await click(brand, link), "patricia@shop.example")
    metadata = {"email": "somebody@shop.example"}
    assert await outcomes(brand, user="patricia@shop.example", metadata=metadata) == ["credited"]


async def clicked_from(brand: Brand, link: Json, address: str) -> str:
    """A visit from this address, hashed as the router does."""
    cref = await click(brand, link)
    moment = clicked_at(UUID(cref))
    hasher = AddressHasher(read_master_key(SECRETS_KEY))
    hashed = hasher.hash(brand.tenant_id.bytes, address, int(moment.timestamp() * 1000))
    await brand.execute("alter table clicks disable trigger append_only")
    await brand.execute("update clicks set ip_hash = $2 where id = $1", UUID(cref), hashed)
    await brand.execute("alter table clicks enable trigger append_only")
    return cref


@pytest.mark.parametrize(
    ("address", "rule", "outcome"),
    [
        ("127.0.0.1", {}, "flagged_self_referral"),
        ("127.0.0.1", {"matchAddress": False}, "credited"),
        ("127.0.0.1", {"enabled": False}, "credited"),
        ("203.0.113.9", {}, "credited"),
    ],
)
async def test_s11_a_click_from_the_partners_own_line_is_theirs(
    brand: Brand, address: str, rule: Json, outcome: str
) -> None:
    partner, campaign = await brand.partner(), await brand.campaign()
    await brand.made("/config/fraud", {"self_referral": rule})
    await brand.link(partner, campaign)
    # The partner works here in a browser, and the trail says from where.
    token = new_token("ops_")
    await brand.execute(
        "insert into sessions (tenant_id, id, digest, principal_kind, principal_id, expires_at)"
        " values ($1, $2, $3, 'partner', $4, now() + interval '1 day')",
        brand.tenant_id, new_id(), token.digest, UUID(partner["id"]),
    )  # fmt: skip
    made = {"linkKey": f"own-{partner['id'][-8:]}", "campaignId": campaign["id"]}
    answer = await brand.http.post(
        f"/api/t/{brand.slug}/partners/{partner['id']}/links",
        json=made,
        headers={"Cookie": f"op_session={token.plaintext}", "Origin": ORIGIN},
    )
    assert answer.status_code == 201, answer.text
    link = answer.json()
    await identify(brand, await clicked_from(brand, link, address))
    assert await outcomes(brand) == [outcome]


async def test_what_an_admin_has_let_count_stays_so(brand: Brand) -> None:
    user = "pat@shop.example"
    link = await own_link(brand, user)
    cref = await click(brand, link)
    await identify(brand, cref, user)
    await brand.made(f"/clicks/{cref}/unflag")
    assert await outcomes(brand, user=user, metadata={"email": user}) == ["credited"]
