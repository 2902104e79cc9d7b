"""A partner's month: what was owed, earned and paid, on the wire, on a page and on paper."""

import re
import zlib
from decimal import Decimal

import pytest

from shared.clock import now
from tests.support.brand import Brand, Json
from tests.support.conversions import promotion
from tests.support.payouts import approved
from tests.support.refusals import refusal

MONTH = now().strftime("%Y-%m")
SUMS = ("commissions", "adjustments", "payouts")


async def busy_month(brand: Brand) -> Json:
    """Two currencies, a bonus, a payout, and one that was taken back; the partner's link."""
    link = await promotion(brand)
    await approved(brand, link)
    await approved(brand, link, value="1000", currency="JPY")
    await brand.made(
        f"/partners/{link['partnerId']}/adjustments",
        {"kind": "bonus", "amount": "10.00", "currency": "USD", "reason": "Well done"},
    )
    run = await brand.made("/payouts/run")
    for payout in run["payouts"]:
        await brand.made(f"/payouts/{payout['payoutId']}/confirm")
    await brand.made(f"/payouts/{run['payouts'][0]['payoutId']}/undo")
    return link


async def test_a_statement_adds_up_and_is_what_the_books_say(brand: Brand) -> None:
    link = await busy_month(brand)
    answer = await brand.get(f"/partners/{link['partnerId']}/statements")
    statement = answer.json()
    assert (statement["month"], statement["partnerName"]) == (MONTH, "Pat Partner")
    balances = (await brand.get(f"/partners/{link['partnerId']}/balance")).json()["balances"]
    assert [one["currency"] for one in statement["currencies"]] == ["JPY", "USD"]
    for one, balance in zip(statement["currencies"], balances, strict=True):
        assert one["currency"] == balance["currency"]
        total = Decimal(one["opening"]) + sum(Decimal(one[name]) for name in SUMS)
        assert total == Decimal(one["closing"])
        assert sum(Decimal(line["amount"]) for line in one["lines"]) == total
        owed = ("pending", "available", "held", "inTransit")
        assert Decimal(one["closing"]) == sum(Decimal(balance[name]) for name in owed)
    dollars = statement["currencies"][1]
    assert (dollars["commissions"], dollars["adjustments"]) == ("40.00", "10.00")


async def test_a_month_opens_with_what_the_one_before_closed_with(brand: Brand) -> None:
    link = await busy_month(brand)
    path = f"/partners/{link['partnerId']}/statements"
    following = (await brand.get(path, params={"month": "2150-01"})).json()
    closing = (await brand.get(path)).json()
    owed = {one["currency"]: one["closing"] for one in closing["currencies"]}
    assert {one["currency"]: one["opening"] for one in following["currencies"]} == {
        code: amount for code, amount in owed.items() if Decimal(amount)
    }
    before = (await brand.get(path, params={"month": "1999-12"})).json()
    assert (before["currencies"], before["until"]) == ([], "2000-01-01")


@pytest.mark.parametrize("month", ["2026-13", "2026", "soon", "2026-1"])
async def test_what_is_no_month_is_refused(brand: Brand, month: str) -> None:
    partner = await brand.partner()
    answer = await brand.get(f"/partners/{partner['id']}/statements", params={"month": month})
    assert refusal(answer) == (400, "invalid_query")


async def test_the_page_shows_the_same_and_runs_nothing(brand: Brand) -> None:
    link = await busy_month(brand)
    await brand.execute(
        "update partners set name = '<script>alert(1)</script>' where tenant_id = $1",
        brand.tenant_id,
    )
    answer = await brand.get(f"/partners/{link['partnerId']}/statements.html")
    assert answer.headers["content-type"].startswith("text/html")
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    statement = (await brand.get(f"/partners/{link['partnerId']}/statements")).json()
    for one in statement["currencies"]:
        for amount in (one["closing"], *(line["amount"] for line in one["lines"])):
            assert f">{amount}<" in answer.text


async def test_the_pdf_says_the_same(brand: Brand) -> None:
    link = await busy_month(brand)
    answer = await brand.get(f"/partners/{link['partnerId']}/statements.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", answer.content, re.DOTALL)
    text = b""
    for stream in streams:
        try:
            text += zlib.decompress(stream)
        except zlib.error:
            continue
    for words in (b"Pat Partner", b"Closing balance", b"40.00", b"10.00", b"200"):
        assert words in text


async def test_a_partner_sees_their_own_statement_only(brand: Brand) -> None:
    partner, other = await brand.partner(), await brand.partner()
    headers = await brand.partner_headers(partner)
    assert (await brand.get(f"/partners/{partner['id']}/statements", headers=headers)).is_success
    foreign = await brand.get(f"/partners/{other['id']}/statements.pdf", headers=headers)
    assert refusal(foreign) == (403, "forbidden")
