"""Days of the sample, the visit window, and timestamps.

Timestamps are texts as COPY reads them, because datetime objects cost five times as much.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from conflict_pipeline.cycles.settings import CycleSettings

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Day:
    """A visit date, `offset` days from today.

    `updated` (with time zone) is when its visits were last changed, `created` (without) when its conflicts
    were found.
    """

    offset: int
    date: date
    text: str
    next_text: str
    updated: str
    created: str
    invoiced: str

    def at(self, seconds: int | None) -> str | None:
        """Return the timestamp `seconds` after midnight, up to the end of the next day."""
        if seconds is None:
            return None
        if seconds < _DAY_SECONDS:
            return f"{self.text} {_clock(seconds)}"
        return f"{self.next_text} {_clock(seconds - _DAY_SECONDS)}"

    def at_utc(self, seconds: int | None) -> str | None:
        """Return the same timestamp with the time zone UTC."""
        return None if seconds is None else f"{self.at(seconds)}+00"


class Calendar:
    """The days around `today`; the window is that of the default cycle settings."""

    def __init__(self, today: date) -> None:
        settings = CycleSettings()
        self.today = today
        self.window_start = _years_before(today, settings.lookback_years)
        self.window_end = today + timedelta(days=settings.lookahead_days)
        self.first_offset = (self.window_start - today).days
        self.last_offset = settings.lookahead_days
        self._days: dict[int, Day] = {}

    def day(self, offset: int) -> Day:
        found = self._days.get(offset)
        if found is None:
            found = self._days[offset] = self._new_day(offset)
        return found

    def contains(self, day: date | None) -> bool:
        return day is not None and self.window_start <= day <= self.window_end

    def _new_day(self, offset: int) -> Day:
        day = self.today + timedelta(days=offset)
        # Future visits were planned yesterday.
        changed = self.today - timedelta(days=1) if offset >= 0 else day + timedelta(days=1)
        return Day(
            offset=offset,
            date=day,
            text=day.isoformat(),
            next_text=(day + timedelta(days=1)).isoformat(),
            updated=f"{changed} 09:00:00+00",
            created=f"{changed} 10:00:00",
            invoiced=(day + timedelta(days=7)).isoformat(),
        )


def _years_before(day: date, years: int) -> date:
    """Subtract years as Postgres does: 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


@cache
def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
