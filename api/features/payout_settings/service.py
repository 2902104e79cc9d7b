"""Reads and writes the setting `payout_settings`, and says what it means for an amount or a day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.payout_settings.schemas import (
    Cadence,
    PayoutSettingsChange,
    PayoutSettingsOut,
    Rail,
)
from api.features.program_settings.for_others import change_setting
from shared.models.setting import Setting
from shared.money import decimals_of, half_up, to_major, to_minor

KEY = "payout_settings"
# Payouts of a brand are made on Mondays at nine, in UTC, or not at all.
WEEK, MONDAY, HOUR = timedelta(days=7), 0, 9
LOOK_BACK = 6
FIRST_WEEK = 7


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    """What a brand has decided; amounts in minor units by currency."""

    rail: Rail = "auto"
    threshold_cents: int = 0
    cadence: Cadence = "weekly"
    thresholds: dict[str, int] = field(default_factory=dict)
    approval_above: dict[str, int] = field(default_factory=dict)
    frozen: bool = False
    changed_at: datetime | None = None

    def threshold(self, currency: str) -> int:
        """The least that is paid out in this currency, in its minor units."""
        if currency in self.thresholds:
            return self.thresholds[currency]
        return half_up(self.threshold_cents * 10 ** decimals_of(currency), 100)

    def needs_approval(self, amount_minor: int, currency: str) -> bool:
        """Whether a second person has to agree."""
        limit = self.approval_above.get(currency)
        return limit is not None and amount_minor > limit

    def last_due(self, moment: datetime) -> datetime | None:
        """The last Monday at nine on which this cadence pays; None where nobody but people start runs."""
        if self.cadence == "manual":
            return None
        day = moment - timedelta(days=(moment.weekday() - MONDAY) % 7)
        due = day.replace(hour=HOUR, minute=0, second=0, microsecond=0)
        if due > moment:
            due -= WEEK
        mondays = (due - weeks * WEEK for weeks in range(LOOK_BACK))
        return next((monday for monday in mondays if self._pays_on(monday)), None)

    def _pays_on(self, monday: datetime) -> bool:
        if self.cadence == "biweekly":
            return monday.isocalendar().week % 2 == 0
        return self.cadence == "weekly" or monday.day <= FIRST_WEEK


async def read(session: AsyncSession) -> PayoutSettings:
    """The brand's settings, or what holds until somebody says otherwise."""
    setting = await session.scalar(select(Setting).where(Setting.key == KEY))
    if setting is None:
        return PayoutSettings()
    stored: dict[str, Any] = setting.value
    return PayoutSettings(
        rail=stored.get("rail", "auto"),
        threshold_cents=stored.get("thresholdCents", 0),
        cadence=stored.get("cadence", "weekly"),
        thresholds=_minor(stored.get("thresholds", {})),
        approval_above=_minor(stored.get("approvalAbove", {})),
        frozen=stored.get("frozen", False),
        changed_at=setting.updated_at,
    )


def _minor(amounts: dict[str, str]) -> dict[str, int]:
    return {currency: to_minor(Decimal(text), currency) for currency, text in amounts.items()}


async def show(session: AsyncSession) -> PayoutSettingsOut:
    """The settings as the wire shows them."""
    known = await read(session)
    return PayoutSettingsOut(
        rail=known.rail,
        threshold_cents=known.threshold_cents,
        cadence=known.cadence,
        thresholds=_major(known.thresholds),
        approval_above=_major(known.approval_above),
        frozen=known.frozen,
    )


def _major(amounts: dict[str, int]) -> dict[str, str]:
    return {currency: to_major(minor, currency) for currency, minor in sorted(amounts.items())}


async def change(session: AsyncSession, wanted: PayoutSettingsChange) -> None:
    """Changes what was named, and leaves the rest as it was."""
    named = wanted.model_dump(exclude_none=True, by_alias=True)
    for amounts in ("thresholds", "approvalAbove"):
        if amounts in named:
            named[amounts] = {code: str(amount) for code, amount in named[amounts].items()}
    if named:
        await change_setting(session, KEY, named)
