"""How many clicks there were: days that are rolled up from their figures, the rest from the clicks.

The sum is exact at any moment, whenever clicks came and whatever was decided about them since: every
click is counted in one of the three parts, and which one is decided within one statement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)

from shared.models.click import (
    FLAG_NOW,
    NO_LINK,
    VERDICT_OF,
    Click,
    ClickDay,
    ClickRollup,
    ClickVerdict,
)

ROLLED_UNTIL = select(ClickRollup.rolled_until).scalar_subquery()
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def rolled_until() -> Select[datetime | None]:
    """A moment until which clicks are rolled up; null while none are."""
    finite = func.isfinite(ClickRollup.rolled_until)
    return select(case((finite, ClickRollup.rolled_until)))


@dataclass(frozen=True, slots=True)
class Window:
    """Clicks since a moment. `hint` is what `rolled_until` has told: it may have moved on since."""

    since: datetime
    hint: datetime | None

    def counts(self, of: Callable[[Any], ColumnElement[bool]] | None = None) -> Subquery:
        """partner_id, link_id, counted and flagged, in rows that are to be summed up."""
        raw = [
            select(
                Click.partner_id,
                Click.link_id,
                func.count().filter(FLAG_NOW.is_(None)).label("counted"),
                func.count().filter(FLAG_NOW.is_not(None)).label("flagged"),
            )
            .select_from(Click)
            .outerjoin(ClickVerdict, VERDICT_OF)
            .where(condition, *self._of(of, Click))
            .group_by(Click.partner_id, Click.link_id)
            for condition in self._read_raw
        ]
        link = case((ClickDay.link_id != NO_LINK, ClickDay.link_id))
        days = select(ClickDay.partner_id, link, ClickDay.counted, ClickDay.flagged).where(
            ClickDay.day >= self._first_whole_day.date(), *self._of(of, ClickDay)
        )
        return union_all(*raw, days).subquery("counts")

    @staticmethod
    def _of(
        of: Callable[[Any], ColumnElement[bool]] | None, table: Any
    ) -> tuple[ColumnElement[bool], ...]:
        return (of(table),) if of else ()

    @property
    def _first_whole_day(self) -> datetime:
        since = self.since.astimezone(UTC)
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if midnight == since else midnight + timedelta(days=1)

    @property
    def _read_raw(self) -> tuple[ColumnElement[bool], ...]:
        if self._first_whole_day == self.since:
            return (self._not_rolled_up,)
        return (self._of_the_first_day, self._not_rolled_up)

    @property
    def _of_the_first_day(self) -> ColumnElement[bool]:
        return and_(
            Click.ts >= self.since,
            Click.ts < self._first_whole_day,
            Click.stored_at <= ROLLED_UNTIL,
        )

    @property
    def _not_rolled_up(self) -> ColumnElement[bool]:
        return and_(
            Click.ts >= self.since,
            Click.stored_at > func.coalesce(ROLLED_UNTIL, literal(BEFORE_ALL)),
            # The same, a little earlier at most: the planner can't know what the line above will say.
            Click.stored_at > (self.hint or BEFORE_ALL),
        )
