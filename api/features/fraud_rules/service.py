"""Reads and writes which rules apply; routers hear of it within a second."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.fraud_rules.queries import KEY, stored_rules, turn
from api.features.fraud_rules.schemas import Rule, RulesOut, RulesUpdate
from api.features.program_settings.for_others import write_setting
from api.settings import Settings
from shared.visit_rules import ALWAYS_ON, VERSIONS, Rules, read_rules

SENTENCES = {
    "revoked": "The partner is shut out.",
    "bot": "A crawler, a preview or a script, by its user agent.",
    "prefetch": "A browser looked ahead; nobody had clicked yet.",
    "datacenter": "The visit came from an address of a data center.",
    "banned_referrer": "The visit came from a site that the program accepts no clicks from.",
    "paid_traffic": "The visit came from a paid ad, and the campaign allows none.",
    "velocity": "One line visited one link too often within a short time.",
    "duplicate": "The same visitor came back to the same link at once.",
    "self_referral": "The customer is the partner in person.",
    "manual": "An admin flagged the click.",
}
NO_RANGES = "DATACENTER_RANGES_FILE isn't set, so no address is known to be a data center's."
NO_HOSTS = "No site is banned."


async def rules_of(session: AsyncSession) -> Rules:
    """The tenant's rules, with what is usual where nothing was said."""
    return read_rules(await session.scalar(select(stored_rules())) or {})


async def show(session: AsyncSession, settings: Settings) -> RulesOut:
    """Every rule as it is applied."""
    rules = await rules_of(session)
    return RulesOut(rules={name: _shown(name, rules, settings) for name in VERSIONS})


async def change(session: AsyncSession, wanted: RulesUpdate) -> None:
    """Changes what is named; two changes at once follow each other."""
    await session.execute(select(turn()))
    stored: dict[str, Any] = dict(await session.scalar(select(stored_rules())) or {})
    given = wanted.model_dump(exclude_none=True, by_alias=True)
    for rule, values in given.items():
        stored[rule] = {**stored.get(rule, {}), **values}
    await write_setting(session, KEY, stored)


def settings_of(name: str, rules: Rules, settings: Settings) -> dict[str, Any]:
    """What can be set about a rule, as it is now."""
    window = rules.velocity_seconds or settings.velocity_window_ms / 1000
    known: dict[str, dict[str, Any]] = {
        "velocity": {
            "max": rules.velocity_max or settings.velocity_max,
            "windowSeconds": int(window) if window == int(window) else window,
        },
        "duplicate": {"seconds": int(rules.duplicate_seconds)},
        "banned_referrer": {"hosts": sorted(rules.banned_hosts)},
        "paid_traffic": {"parameters": sorted(rules.ad_parameters)},
        "self_referral": {"matchAddress": rules.match_address},
    }
    return known.get(name, {})


def _shown(name: str, rules: Rules, settings: Settings) -> Rule:
    note = None
    if name == "datacenter" and settings.datacenter_ranges_file is None:
        note = NO_RANGES
    if name == "banned_referrer" and not rules.banned_hosts:
        note = NO_HOSTS
    return Rule(
        enabled=name not in rules.off,
        can_be_switched=name not in ALWAYS_ON,
        version=VERSIONS[name],
        sentence=SENTENCES[name],
        settings=settings_of(name, rules, settings),
        note=note,
    )
