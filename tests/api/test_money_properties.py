"""Whatever happens in whatever order: shares add up, repeats change nothing, explanations are true."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import httpx2
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.money import percent_of, to_major, to_minor
from tests.support.brand import Brand, Json, found_brand
from tests.support.conversions import click, days_ago, explained, identify, report
from tests.support.databases import Scratch

Call = Callable[[], Awaitable[Json]]

WHOLE = 10_000

TABLES = ("identities", "events", "decisions", "credits", "commissions")

percents = st.decimals("0.0001", 100, places=4)
models = st.sampled_from(["linear", "position", "linear", "position", "last_click", "first_click"])
users = st.sampled_from(["ann", "ann", "ann", "bob"])
minors = st.integers(0, 100) | st.integers(0, 10**9)
rules = st.builds(
    lambda value, recurring: {"type": "percent", "value": str(value), "recurring": recurring},
    percents,
    st.sampled_from([True, True, False]),
) | st.builds(
    lambda minor, currency, recurring: {
        "type": "fixed",
        "value": to_major(minor, currency),
        "currency": currency,
        "recurring": recurring,
        "eventTypes": ["signup"],
    },
    st.integers(1, 10_000),
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.booleans(),
)
campaigns = st.lists(
    st.fixed_dictionaries({"commissionRule": rules, "attributionModel": models}),
    min_size=1,
    max_size=2,
)


@dataclass(frozen=True)
class Clicked:
    """Somebody followed a link, some days ago."""

    link: int
    days: int
    flag: str | None


@dataclass(frozen=True)
class Identified:
    """One of the clicks so far became a customer."""

    click: int
    user: str


@dataclass(frozen=True)
class Happened:
    """A customer did something."""

    user: str
    type: str
    minor: int | None
    currency: str
    days: int


@dataclass(frozen=True)
class Repeated:
    """One of the calls so far is made again, as by a client who got no answer."""

    call: int


Step = Clicked | Identified | Happened | Repeated
clicked = st.builds(
    Clicked, st.integers(0, 3), st.integers(0, 70), st.sampled_from([None] * 9 + ["bot"])
)
identified = st.builds(Identified, st.integers(0, 9), users)
happened = st.builds(
    Happened,
    user=users,
    type=st.sampled_from([*["invoice_paid"] * 4, *["signup"] * 3, "refund"]),
    minor=st.integers(0, 10**9) | minors | st.none(),
    currency=st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
    days=st.integers(0, 30),
)
# As many as make shared credits likely: left to itself, chance seldom credits anything.
beginning = st.lists(clicked, min_size=5, max_size=5)
middle = st.tuples(
    st.lists(identified, min_size=5, max_size=5),
    st.lists(happened, min_size=5, max_size=5),
    st.lists(clicked, max_size=2),
    st.lists(st.builds(Repeated, st.integers(0, 9)), max_size=3),
).flatmap(lambda parts: st.permutations([step for part in parts for step in part]))


async def play(brand: Brand, links: Sequence[Json], steps: Sequence[Step]) -> list[Call]:
    """Carries the steps out; answers the calls that merchants made, so that they can be repeated."""
    crefs: list[str] = []
    calls: list[Call] = []
    for step in steps:
        match step:
            case Clicked(link, days, flag):
                at = days_ago(days + 0.5)
                crefs.append(await click(brand, links[link % len(links)], at=at, flag=flag))
            case Identified(number, user):
                calls.append(partial(identify, brand, crefs[number % len(crefs)], user))
                await calls[-1]()
            case Happened(user, kind, minor, currency, days):
                calls.append(
                    partial(
                        report,
                        brand,
                        user,
                        type=kind,
                        value=None if minor is None else to_major(minor, currency),
                        currency=currency,
                        ts=days_ago(days).isoformat(),
                        externalId=f"event-{len(calls)}",
                    )
                )
                await calls[-1]()
            case Repeated(number) if calls:
                await calls[number % len(calls)]()
    return calls


async def stored(brand: Brand) -> dict[str, list[Any]]:
    """All that the steps have led to, in an order that doesn't change."""
    connection = await brand.scratch.connect()
    try:
        return {
            table: await connection.fetch(
                f"select * from {table} where tenant_id = $1 order by 2, 1",  # noqa: S608 - names of our own
                brand.tenant_id,
            )
            for table in TABLES
        }
    finally:
        await connection.close()


async def check(brand: Brand, offered: dict[str, Json], everything: dict[str, list[Any]]) -> None:
    """What holds for every event, whatever came before it."""
    commissions = {row["credit_id"]: row for row in everything["commissions"]}
    credits_of = defaultdict(list)
    for credit in everything["credits"]:
        credits_of[credit["event_id"]].append(credit)
    assert len(everything["decisions"]) == len(everything["events"])
    for event in everything["events"]:
        shares = credits_of[event["id"]]
        explanation = await explained(brand, {"eventId": str(event["id"])})
        assert sum(share["weight_parts"] for share in shares) == (WHOLE if shares else 0)
        assert (explanation["status"] == "attributed") == bool(shares)
        assert event["type"] != "refund" or not shares
        agrees(explanation, shares, commissions)
        for campaign, rule in offered.items():
            earned = [
                commissions[share["id"]]
                for share in shares
                if str(share["campaign_id"]) == campaign and share["id"] in commissions
            ]
            adds_up(event, rule, shares, earned)


def agrees(explanation: Json, shares: list[Any], commissions: dict[Any, Any]) -> None:
    """The explanation tells of exactly the stored credits and commissions."""
    told = {credit["attributionId"]: credit for credit in explanation["credits"]}
    assert set(told) == {str(share["id"]) for share in shares}
    owed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for share in shares:
        credit, earned = told[str(share["id"])], commissions.get(share["id"])
        assert credit["clickId"] == str(share["click_id"])
        assert Decimal(credit["weight"]) * WHOLE == share["weight_parts"]
        assert credit["commissionId"] == (str(earned["id"]) if earned else None)
        amount = to_minor(Decimal(credit["amount"]), credit["currency"])
        assert amount == (earned["amount_minor"] if earned else 0)
        assert earned is None or credit["currency"] == earned["currency"]
        owed[credit["campaignId"], credit["currency"]] += amount
    assert owed == {
        (total["campaignId"], total["currency"]):
        to_minor(Decimal(total["amount"]), total["currency"])
        for total in explanation["totals"]
    }  # fmt: skip


def adds_up(event: Any, rule: Json, shares: list[Any], earned: list[Any]) -> None:
    """Where one campaign has all of the credit, its commissions are one rounding of the whole."""
    if not earned or {share["campaign_id"] for share in shares} != {earned[0]["campaign_id"]}:
        return
    total = sum(commission["amount_minor"] for commission in earned)
    if rule["type"] == "fixed":
        assert event["type"] == "signup"
        whole = to_minor(Decimal(rule["value"]), rule["currency"])
    else:
        whole = percent_of(event["value_minor"], Decimal(rule["value"]))
    # A partner who was paid once already has no share of this one.
    assert total == whole if rule["recurring"] else total <= whole


# Without shrinking, which would replay a failure for minutes: examples are short as they are.
@settings(max_examples=30, deadline=None, database=None, phases=[Phase.generate])
@given(offers=campaigns, first=beginning, then=middle)
async def test_m10_any_sequence_adds_up_and_replaying_it_changes_nothing(
    http: httpx2.AsyncClient,
    scratch: Scratch,
    offers: list[Json],
    first: list[Clicked],
    then: list[Step],
) -> None:
    brand = await found_brand(http, scratch)
    made = [await brand.campaign(**offer) for offer in offers]
    partners = [await brand.partner() for _ in range(2)]
    links = [await brand.link(partner, campaign) for partner in partners for campaign in made]
    calls = await play(brand, links, [*first, *then])
    everything = await stored(brand)
    offered = {one["id"]: offer["commissionRule"] for one, offer in zip(made, offers, strict=True)}
    await check(brand, offered, everything)
    for call in calls:
        await call()
    assert await stored(brand) == everything
