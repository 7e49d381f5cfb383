"""Time as the company works it: five days a week, nine to half past five."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS = 9 * 60
MINUTES = 8 * 60 + 30


@dataclass(frozen=True, slots=True)
class WorkWeeks:
    """Working days counted from a Monday; 5.5 is the middle of the second Monday."""

    monday: date
    zone: ZoneInfo

    def moment(self, working_days: float) -> datetime:
        """The moment after so many working days, to the minute."""
        whole, part = divmod(working_days, 1)
        weeks, days = divmod(int(whole), 5)
        day = self.monday + timedelta(weeks=weeks, days=days)
        # Wall clock first: adding minutes to an aware time would shift with summer time.
        at = datetime.combine(day, time()) + timedelta(minutes=OPENS + int(part * MINUTES))
        return at.replace(tzinfo=self.zone)

    def starts(self, week: int) -> datetime:
        """The Monday morning of a week, before anybody works."""
        return datetime.combine(self.day(week), time(7, 30), self.zone)

    def ends(self, week: int) -> datetime:
        """The Saturday morning after a week, when all of it is known."""
        day = self.day(week) + timedelta(days=5)
        return datetime.combine(day, time(1), self.zone)

    def day(self, week: int) -> date:
        """The Monday of a week."""
        return self.monday + timedelta(weeks=week)
