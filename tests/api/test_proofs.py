"""The proof of the books: silent while all is right, and loud about a single wrong cent or seal."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest

from shared.ids import new_id
from tests.api.test_exports import bundle
from tests.api.test_simulations import apply, simulate
from tests.architecture.test_role_rights import plain
from tests.support.brand import Brand, Json
from tests.support.conversions import (
    commissions,
    days_ago,
    promotion,
    report,
    three_partners,
    visit,
)
from tests.support.estate import wipe
from tests.support.ledger import books, broken_after, entries, tamper, wrongs, wrongs_after
from tests.support.tampering import BREAKING, IGNORING_A_REFUND, TAMPERINGS
from tests.support.tree import ROOT


async def trade(brand: Brand) -> None:
    """A bit of everything: shares, rounding, currencies, refunds, disputes, payouts, gifts, debts."""
    await three_partners(brand, attributionModel="linear")
    await report(brand, value="0.16", externalId="a")
    await report(brand, value="1000", currency="JPY", externalId="b")
    await report(brand, value="1.234", currency="KWD", externalId="c")
    link = await promotion(brand)
    await visit(brand, link, "bob", at=days_ago(1))
    for number in range(4):
        await report(brand, "bob", value="77.77", externalId=f"d{number}")
    ids = [one["id"] for one in await commissions(brand)]
    await correct(brand, "d0", value="11.11")
    await brand.made("/commissions/approve", {"ids": ids[1:]})
    await brand.made(f"/commissions/{ids[0]}/reverse", {"reason": "Spam"})
    bonus: Json = {"kind": "bonus", "amount": "3.33", "reason": "Thanks"}
    await brand.made(f"/partners/{link['partnerId']}/adjustments", bonus)
    await correct(brand, "b", "dispute_created")
    paid = (await brand.made("/payouts/run"))["payouts"]
    await brand.made(f"/payouts/{paid[0]['payoutId']}/confirm")
    await correct(brand, "d1", value="0.01")
    await correct(brand, "c")
    await correct(brand, "b", "dispute_lost")
    await correct(brand, "later", value="1.00")


async def correct(brand: Brand, sale: str, kind: str = "refund", **changes: str) -> None:
    wanted: Json = {"type": kind, "corrects": sale, "value": None, **changes}
    await report(brand, **wanted)


async def test_after_a_bit_of_everything_all_is_right(brand: Brand) -> None:
    await trade(brand)
    kinds = {entry["kind"] for entry in await entries(brand)}
    assert kinds >= {"sale", "approval", "reversal", "refund", "dispute", "bonus", "payout", "paid"}
    assert await wrongs(brand) == []


async def test_whoever_rules_the_database_is_found_out(brand: Brand) -> None:
    await trade(brand)
    for what, (statement, told) in TAMPERINGS.items():
        found = await wrongs_after(brand, statement)
        for sentence in told:
            assert any(sentence in finding for finding in found), (what, sentence, found)
    assert await wrongs(brand) == []


async def test_each_of_the_twenty_invariants_can_be_broken_and_says_so(brand: Brand) -> None:
    await trade(brand)
    assert await broken_after(brand) == set()
    missed = {
        number
        for number, deed in BREAKING.items()
        if number not in await broken_after(brand, *deed)
    }
    assert (sorted(BREAKING), missed) == (list(range(1, 21)), set())


@pytest.mark.parametrize("before", [0, 1, 2])
async def test_a_repriced_share_shrinks_with_its_sale_in_either_order(
    brand: Brand, before: int
) -> None:
    made, simulated = await reckoned(brand)
    refunds: list[Json] = [{"value": "11.11"}, {}]
    for step in range(3):
        if step == before:
            assert (await apply(brand, made, simulated)).status_code == 200
        else:
            await correct(brand, "order-1", **refunds.pop(0))
        assert await wrongs(brand) == []
    assert await books(brand) == {}


async def test_a_repriced_share_that_ignored_a_refund_is_found_out(brand: Brand) -> None:
    """As if its own correction had never been: the chain ends earlier, and all else is in order."""
    made, simulated = await reckoned(brand)
    await apply(brand, made, simulated)
    await correct(brand, "order-1", value="11.11")
    assert await wrongs(brand) == []
    [finding] = await wrongs_after(brand, *IGNORING_A_REFUND)
    assert "has 778 USD booked" in finding
    assert "where refunds leave 667 of 778 [repricings]" in finding
    assert {6, 10} == await broken_after(brand, *IGNORING_A_REFUND)
    found = await wrongs_after(brand, *IGNORING_A_REFUND[-1:])
    assert any("and what was reckoned anew is nothing [booked]" in one for one in found)


async def reckoned(brand: Brand) -> tuple[Json, Json]:
    """A campaign with one sale of order-1, and what half as much again would have paid for it."""
    made = await brand.campaign()
    await visit(brand, await brand.link(await brand.partner(), made), at=days_ago(3))
    await report(brand, value="77.77", externalId="order-1")
    more = {"type": "percent", "value": 30, "recurring": True}
    return made, await simulate(brand, made, commissionRule=more)


async def test_a_payout_that_was_sent_elsewhere_is_no_breach(brand: Brand) -> None:
    """An export leaves transfers behind; what was paid by them comes along as paid."""
    await trade(brand)
    brought = """
        update payouts set method = 'stripe_connect', stripe_transfer_id = 'tr_elsewhere'
        where tenant_id = :tenant and status = 'paid'
    """
    assert await broken_after(brand, brought) == set()


async def test_a_head_that_was_written_down_catches_a_ledger_that_was_rewritten(
    brand: Brand,
) -> None:
    await trade(brand)
    last = (await entries(brand))[-1]
    head = f"{last['seq']}:{last['hash'].hex()}"
    assert await wrongs(brand, head) == []
    found = await wrongs_after(
        brand,
        "delete from ledger_seals where tenant_id = :tenant",
        "insert into ledger_seals select tenant_id, row_number() over (order by id), id,"
        " decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex') from ledger_entries"
        " where tenant_id = :tenant",
        expected=head,
    )
    assert any("is not the one that was written down" in finding for finding in found)
    assert any("and is gone" in one for one in await wrongs(brand, f"9999:{last['hash'].hex()}"))


async def test_books_that_are_put_back_are_sealed_anew_and_right(brand: Brand) -> None:
    await trade(brand)
    made, simulated = await reckoned(brand)
    await apply(brand, made, simulated)
    await correct(brand, "order-1", value="11.11")
    before = await entries(brand)
    taken = await bundle(brand)
    await wipe(brand)
    assert await entries(brand) == []
    await brand.made("/import", taken)
    assert await wrongs(brand) == []
    assert {entry["id"] for entry in await entries(brand)} == {entry["id"] for entry in before}


async def test_many_at_once_make_one_chain(brand: Brand) -> None:
    link = await promotion(brand)
    users = [f"user-{number}" for number in range(8)]
    for user in users:
        await visit(brand, link, user, at=days_ago(1))
    await asyncio.gather(*(report(brand, user) for user in users * 4))
    assert [entry["seq"] for entry in await entries(brand)] == list(range(1, 33))
    assert await wrongs(brand) == []


def command(
    brand: Brand, *words: str, tenant: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *words, "--tenant", tenant or brand.slug],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL_APP": brand.scratch.urls.app},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_commands_say_it_by_their_exit_code_and_name_the_entry(brand: Brand) -> None:
    await trade(brand)
    assert command(brand, "ledger", "verify").returncode == 0
    listed = command(brand, "invariants")
    assert (listed.returncode, listed.stdout.count("holds")) == (0, 20), listed.stdout
    [victim] = [entry for entry in await entries(brand) if entry["seq"] == 5]
    await tamper(
        brand,
        """
        update ledger_postings set amount_minor = amount_minor + 1 where tenant_id = $1
            and number = 2
            and entry_id = (select entry_id from ledger_seals where tenant_id = $1 and seq = 5)
        """,
    )
    verified = command(brand, "ledger", "verify")
    assert verified.returncode == 1
    assert f"entry {victim['key']}: was changed after it was sealed" in verified.stdout
    unknown = command(brand, "ledger", "verify", tenant=str(new_id()))
    assert (unknown.returncode, "there is no workspace" in unknown.stderr) == (1, True)
    listed = command(brand, "invariants")
    assert (listed.returncode, "BROKEN  1" in listed.stdout) == (1, True)


CHANGES = ("update {} set tenant_id = tenant_id", "delete from {}", "truncate {} cascade")


@pytest.mark.parametrize("role", ["app", "owner", "superuser"])
async def test_the_ledger_never_changes_whoever_asks(brand: Brand, role: str) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    urls = brand.scratch.urls
    address = {
        "app": plain(urls.app),
        "owner": plain(urls.owner),
        "superuser": brand.scratch.superuser,
    }[role]
    connection = await asyncpg.connect(address)
    try:
        await pin(connection, brand)
        for table in ("ledger_entries", "ledger_postings", "ledger_seals", "corrections"):
            if table == "corrections":
                await report(brand, type="refund", corrects="nothing")
            for change in CHANGES:
                with pytest.raises((asyncpg.RaiseError, asyncpg.InsufficientPrivilegeError)):
                    await connection.execute(change.format(table))
    finally:
        await connection.close()
    assert await books(brand) == {"pending": 4000, "expense": -4000}


async def pin(connection: asyncpg.Connection, brand: Brand) -> None:
    await connection.execute("select set_config('app.tenant_id', $1, false)", str(brand.tenant_id))


AN_ENTRY = "insert into ledger_entries (id, key, kind) values (gen_random_uuid(), 'x', 'sale') returning id"
A_POSTING = (
    "insert into ledger_postings (entry_id, number, account, currency, amount_minor)"
    " values ($1, $2, 'expense', $3, $4)"
)


@pytest.mark.parametrize(
    ("postings", "told"),
    [
        ([], "has no postings"),
        ([("USD", 1)], "out of balance by 1 USD"),
        ([("USD", 1), ("EUR", -1)], "out of balance"),
        ([("USD", 2), ("USD", -2), ("EUR", -1)], "out of balance by -1 EUR"),
    ],
)
async def test_an_entry_that_does_not_balance_is_not_committed(
    brand: Brand, postings: list[tuple[str, int]], told: str
) -> None:
    connection = await asyncpg.connect(plain(brand.scratch.urls.app))
    try:
        await pin(connection, brand)
        transaction = connection.transaction()
        await transaction.start()
        entry = await connection.fetchval(AN_ENTRY)
        for number, (currency, amount) in enumerate(postings, 1):
            await connection.execute(A_POSTING, entry, number, currency, amount)
        with pytest.raises(asyncpg.CheckViolationError, match=told):
            await transaction.commit()
    finally:
        await connection.close()


async def test_a_sealed_entry_takes_no_more_postings(brand: Brand) -> None:
    link = await promotion(brand)
    await visit(brand, link, at=days_ago(1))
    await report(brand)
    [entry] = await entries(brand)
    connection = await asyncpg.connect(plain(brand.scratch.urls.app))
    try:
        await pin(connection, brand)
        with pytest.raises(asyncpg.CheckViolationError, match="takes no more postings"):
            await connection.execute(A_POSTING, entry["id"], 9, "USD", 1)
    finally:
        await connection.close()
