"""What partners get and owe besides commissions, and where they see it."""

from api.features.corrections.for_others import refund
from tests.api.test_corrections import SALE, approve, pay, sold
from tests.support.brand import Brand, Json
from tests.support.conversions import commission, commissions
from tests.support.ledger import books, entries, session_of
from tests.support.refusals import refusal


async def give(brand: Brand, partner: str, **wanted: object) -> Json:
    body = {"kind": "bonus", "amount": "5.00", "reason": "Thanks", **wanted}
    made: Json = (await brand.made(f"/partners/{partner}/adjustments", body))["adjustment"]
    return made


async def test_a_bonus_goes_into_the_next_payout(brand: Brand) -> None:
    partner = (await brand.partner())["id"]
    made = await give(brand, partner, key="spring")
    assert (made["amount"], made["key"], made["payoutId"]) == ("5.00", "given:spring", None)
    payout = await pay(brand)
    assert payout["amount"] == "5.00"
    assert await books(brand) == {"paid": 500, "expense": -500}
    again = {"kind": "bonus", "amount": "5.00", "reason": "Thanks", "key": "spring"}
    answer = await brand.post(f"/partners/{partner}/adjustments", again)
    assert refusal(answer) == (409, "adjustment_key_reused")


async def test_a_debt_is_carried_until_it_is_earned_or_forgiven(brand: Brand) -> None:
    await sold(brand)
    await approve(brand)
    await pay(brand)
    async with session_of(brand) as session:
        await refund(session, SALE, "r1")
    [one] = await commissions(brand)
    partner = one["partnerId"]
    await give(brand, partner, amount="15.00")
    assert (await brand.made("/payouts/run"))["payouts"] == []
    path, body = f"/partners/{partner}/adjustments", {"kind": "write_off", "reason": "Left"}
    answer = await brand.post(path, {**body, "amount": "25.01"})
    assert refusal(answer) == (409, "nothing_owed")
    assert answer.json()["owed"] == "25.00"
    await give(brand, partner, kind="write_off", amount="25.00")
    assert await books(brand) == {"paid": 4000, "expense": -4000}
    await give(brand, partner, kind="manual", amount="0.01")
    assert (await pay(brand))["amount"] == "0.01"


async def test_a_gift_is_not_below_zero(brand: Brand) -> None:
    partner = (await brand.partner())["id"]
    for kind, amount in (("bonus", "-1"), ("write_off", "-1"), ("manual", "0")):
        body = {"kind": kind, "amount": amount, "reason": "Slip"}
        answer = await brand.post(f"/partners/{partner}/adjustments", body)
        assert refusal(answer) == (400, "invalid_body")
    assert await entries(brand) == []


async def test_partners_see_their_own_balance_and_what_made_it(brand: Brand) -> None:
    one = await commission(brand)
    partner = {"id": one["partnerId"]}
    theirs = await brand.partner_headers(partner)
    await brand.made(f"/commissions/{one['id']}/approve")
    await give(brand, one["partnerId"])
    shown = (await brand.get(f"/partners/{partner['id']}/balance", headers=theirs)).json()
    zero = "0.00"
    assert shown["balances"] == [
        {"currency": "USD", "pending": zero, "available": "45.00", "held": zero, "inTransit": zero,
         "paid": zero, "earned": "45.00"}
    ]  # fmt: skip
    found = (await brand.get(f"/partners/{partner['id']}/ledger", headers=theirs)).json()["entries"]
    assert [entry["kind"] for entry in found] == ["bonus", "approval", "sale"]
    lines = [(line["account"], line["amount"]) for line in found[1]["lines"]]
    assert lines == [("pending", "-40.00"), ("available", "40.00")]


async def test_many_commissions_are_approved_at_once(brand: Brand) -> None:
    ready, held = await commission(brand), await commission(brand, holdbackDays=7)
    gone = await commission(brand)
    await brand.made(f"/commissions/{gone['id']}/reverse", {"reason": "Spam"})
    wanted = [ready["id"], held["id"], gone["id"], gone["partnerId"], "nobody"]
    answer = await brand.made("/commissions/approve", {"ids": wanted})
    assert answer["approved"] == [ready["id"]]
    assert {one["id"]: one["error"] for one in answer["refused"]} == {
        held["id"]: "holdback_active", gone["id"]: "not_approvable",
        gone["partnerId"]: "not_found", "nobody": "not_found",
    }  # fmt: skip
    assert await books(brand) == {"available": 4000, "pending": 4000, "expense": -8000}
    [shown] = await commissions(brand, status="reversed")
    assert (shown["reversedBy"], shown["reversalReason"], shown["net"]) == (
        "person",
        "Spam",
        "0.00",
    )
