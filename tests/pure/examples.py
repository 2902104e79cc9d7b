"""Events, clicks and terms for the tests of attribution: plain ones to vary, and arbitrary ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from api.features.attribution.history import History, PaidOnce
from api.features.attribution.touches import Cap, Event, Rule, Terms, Touch
from shared.money import DECIMALS, MAX_MINOR

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)

thorough = settings(max_examples=200, deadline=None)

TWENTY_PERCENT = Terms(id=UUID(int=900), rules=(Rule(kind="percent", percent=Decimal("20.0000")),))

FIFTY_FOR_A_SIGNUP = Terms(
    id=UUID(int=901),
    rules=(Rule(kind="fixed", fixed_minor=5000, fixed_currency="USD", event_types=("signup",)),),
)


def altered(terms: Terms, **changes: Any) -> Terms:
    """Terms of one rule, with that rule changed."""
    [rule] = terms.rules
    return replace(terms, rules=(replace(rule, **changes),))


def after(*paid: PaidOnce) -> History:
    """A history in which this much was paid."""
    return History(paid=set(paid))


PAID_INVOICE = Event(
    id=UUID(int=800),
    type="invoice_paid",
    ts=NOON,
    received_at=NOON,
    value_minor=20000,
    currency="USD",
)

SIGNUP = replace(PAID_INVOICE, type="signup", value_minor=None)


def click(number: int = 1, *, days_before: float = 1, **changes: Any) -> Touch:
    """An ordinary click; a higher number is another click of another partner."""
    ordinary = Touch(
        click_id=UUID(int=number),
        ts=NOON - timedelta(days=days_before),
        partner_id=UUID(int=100 + number),
        campaign_id=UUID(int=200),
        flag=None,
        window_days=60,
        model="last_click",
        campaign_starts_at=None,
        campaign_ends_at=None,
        partner_revoked=False,
        terms=TWENTY_PERCENT,
    )
    return replace(ordinary, **changes)


def clicks(count: int, **changes: Any) -> list[Touch]:
    """Clicks numbered from 1, a day apart, the last one a day before the event."""
    return [
        click(number, days_before=count - number + 1, **changes) for number in range(1, count + 1)
    ]


# Arbitrary, but crowded: most clicks count, and meet others in the same few campaigns, so that what
# is shared, rounded and refused is met together and not once in a hundred examples.
currencies = st.sampled_from(sorted(DECIMALS))
few_currencies = st.sampled_from(["USD", "JPY", "KWD"])
event_types = st.sampled_from(["signup", "invoice_paid"])
percents = st.decimals("0.0001", "200", places=4)
days = st.integers(-5, 90).map(lambda number: NOON - timedelta(days=number))
partner_ids = st.integers(101, 103).map(lambda number: UUID(int=number))
campaign_ids = st.integers(201, 202).map(lambda number: UUID(int=number))


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 20 + list(others))


@st.composite
def arbitrary_rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(["percent", "fixed"]))
    types = draw(st.lists(event_types, min_size=kind == "fixed", unique=True))
    return Rule(
        kind=kind,  # type: ignore[arg-type] # Drawn from the two that there are.
        percent=draw(percents) if kind == "percent" else None,
        fixed_minor=draw(st.integers(0, 10_000)) if kind == "fixed" else None,
        fixed_currency=draw(st.none() | few_currencies) if kind == "fixed" else None,
        event_types=tuple(types),
        trigger=draw(mostly("every", "once", "once", "first", "subsequent")),
        months=draw(mostly(None, 1, 12)),
        products=draw(mostly((), ("team",))),
    )


caps = st.builds(
    Cap,
    amount_minor=st.integers(0, 5_000),
    currency=few_currencies,
    period=st.sampled_from(["day", "month", "campaign"]),
)
uncapped_terms = st.builds(
    Terms, id=st.uuids(), rules=st.lists(arbitrary_rules(), min_size=1, max_size=4).map(tuple)
)
capped_terms = st.builds(
    replace, uncapped_terms, caps=st.sets(caps, min_size=1, max_size=3).map(tuple)
)


events = st.builds(
    Event,
    id=st.uuids(),
    type=event_types,
    ts=st.just(NOON),
    received_at=st.just(NOON),
    value_minor=st.integers(0, 100) | st.integers(0, MAX_MINOR) | st.none(),
    currency=few_currencies,
)

touch_lists = st.lists(
    st.builds(
        Touch,
        click_id=st.uuids(),
        ts=days,
        partner_id=partner_ids,
        campaign_id=campaign_ids,
        flag=mostly(None, "revoked", "bot", "velocity", "tomorrows_flag"),
        window_days=mostly(90, 30, 1),
        model=st.sampled_from(
            ["linear", "position", "linear", "position", "last_click", "first_click"]
        ),
        campaign_starts_at=mostly(None, NOON, NOON + timedelta(days=1)),
        campaign_ends_at=mostly(None, NOON, NOON + timedelta(days=1)),
        partner_revoked=mostly(False, True),
        terms=uncapped_terms | mostly(TWENTY_PERCENT, None),
    ),
    max_size=12,
    unique_by=lambda touch: touch.click_id,
)

paid_before = st.frozensets(
    st.builds(PaidOnce, partner_ids, campaign_ids, st.none() | event_types), max_size=4
).map(lambda paid: History(paid=set(paid)))
