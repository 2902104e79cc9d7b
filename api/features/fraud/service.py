"""Tries a rule on the past: reads only, whatever it finds."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.fraud.queries import trying
from api.features.fraud.schemas import Backtest, BacktestRequest, BacktestSettings, Money
from api.features.fraud_rules.for_others import rules_of, settings_of
from api.settings import Settings
from shared.clock import now
from shared.money import to_major
from shared.visit_rules import VERSIONS, Rules

LONGEST_SECONDS = 25
NOTES = {
    "datacenter": "Only visits are known that came while DATACENTER_RANGES_FILE was set.",
    "self_referral": "By ids and addresses that customers were reported with; not by their lines.",
    "duplicate": "By address and browser; cookies of returning visitors aren't looked at.",
}


async def backtest(session: AsyncSession, wanted: BacktestRequest, settings: Settings) -> Backtest:
    """What the rule would have held back, and the money that went to these clicks."""
    await session.execute(text(f"set local statement_timeout = '{LONGEST_SECONDS}s'"))
    rules = _with(await rules_of(session), wanted.settings or BacktestSettings())
    since = now() - timedelta(days=wanted.days)
    usual = {"most": settings.velocity_max, "span": settings.velocity_window_ms / 1000}
    found = (await session.execute(trying(wanted.rule, rules, usual, since))).one()
    return Backtest(
        rule=wanted.rule,
        version=VERSIONS[wanted.rule],
        settings=settings_of(wanted.rule, rules, settings),
        since=since,
        clicks=found.clicks,
        would_flag=found.would_flag,
        newly_flagged=found.newly_flagged,
        partners=found.partners or [],
        money=_money(found.money or []),
        samples=found.samples or [],
        note=NOTES.get(wanted.rule),
    )


def _with(rules: Rules, wanted: BacktestSettings) -> Rules:
    changed: dict[str, Any] = {
        "velocity_max": wanted.max,
        "velocity_seconds": wanted.window_seconds,
        "duplicate_seconds": wanted.seconds,
        "banned_hosts": None if wanted.hosts is None else frozenset(wanted.hosts),
        "ad_parameters": None if wanted.parameters is None else frozenset(wanted.parameters),
    }
    return replace(rules, **{name: value for name, value in changed.items() if value is not None})


def _money(rows: list[dict[str, Any]]) -> list[Money]:
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        sums[row["currency"]][row["status"]] += int(row["minor"])
    return [
        Money(
            currency=currency,
            accrued=to_major(by_status["accrued"], currency),
            approved=to_major(by_status["approved"], currency),
            paid=to_major(by_status["paid"], currency),
        )
        for currency, by_status in sorted(sums.items())
    ]
