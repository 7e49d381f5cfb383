"""What a report's page shows beside the milestones: values, times, each rep's own rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from experiments.comparing import Group
from experiments.describing import Course, DayShare, Described, Figure
from experiments.metric import CATALOGUE, VALUE_PER_LEAD, Kind
from experiments.report import Report
from web.charts.courses import Courses, courses
from web.charts.forest import Forest, ForestRow, forest
from web.figures import difference_of, in_order
from web.sentences import EVERY_DEAL, WITHOUT_LARGEST
from web.wording import Words

Ending = Literal["won", "lost"]


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A variant in the table of values; `per_win` is described, with its interval."""

    group: Group
    per_lead: float | None
    per_win: Figure | None


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A variant in the table of times, and its difference from the control; None for that."""

    own: Figure
    difference: Figure | None


def value_lines(report: Report) -> list[ValueLine]:
    """Each variant's worth, the control first; none where no value is planned or shown."""
    per_win = _own(described_in(report, Kind.RATIO))
    return [
        ValueLine(group, group.rates.get(VALUE_PER_LEAD), per_win.get(group.variant.key))
        for group in in_order(report)
        if group.worth
    ]


def forest_of_value(report: Report, words: Words) -> Forest | None:
    """The difference in value per lead with every deal, and without the largest."""
    row = next((each for each in report.rows if each.metric.kind is Kind.VALUE), None)
    if row is None:
        return None
    unit = words.unit(report, row.metric)
    sets = ((EVERY_DEAL, row.comparisons), (WITHOUT_LARGEST, row.without_largest))
    rows = [
        ForestRow(
            name=words.say(name),
            soft=each.variant.name if len(row.comparisons) > 1 else "",
            difference=difference_of(slot, each, words, unit),
            primary=name == EVERY_DEAL,
        )
        for name, comparisons in sets
        for slot, each in enumerate(comparisons, start=1)
    ]
    return forest(rows, mirrored=words.reader.mirrored)


def time_lines(report: Report) -> list[TimeLine]:
    """Each variant's mean days to won, the control first."""
    told = described_in(report, Kind.TIME)
    own = _own(told)
    differences = {each.variant.key: each for each in told.differences} if told else {}
    keys = [group.variant.key for group in in_order(report)]
    return [TimeLine(own[key], differences.get(key)) for key in keys if key in own]


def courses_of(report: Report, ending: Ending, words: Words) -> Courses | None:
    """The lines of the leads that were won, or lost, by day."""
    found = _courses(report)
    if not found:
        return None
    values = [[(each.day, each.share) for each in _line(course, ending)] for course in found]
    horizon = report.plan.horizon_days
    return courses(values, horizon=horizon, mirrored=words.reader.mirrored)


def days_of(
    report: Report, ending: Ending
) -> list[tuple[int, list[tuple[float, float | None] | None]]]:
    """Some days of these lines for a table: each variant's share, and its reach to both sides."""
    tables = [{each.day: each for each in (_table(course, ending))} for course in _courses(report)]
    days = sorted({day for table in tables for day in table})
    return [(day, [_cell(table.get(day)) for table in tables]) for day in days]


def described_in(report: Report, kind: Kind) -> Described | None:
    """What a report describes of that kind."""
    told = report.beside.described if report.beside else ()
    return next((each for each in told if CATALOGUE[each.metric.key].kind is kind), None)


def _cell(share: DayShare | None) -> tuple[float, float | None] | None:
    return None if share is None else (share.share, share.reach)


def _courses(report: Report) -> list[Course]:
    found = report.beside.courses if report.beside else ()
    return sorted(found, key=lambda each: not each.variant.control)


def _line(course: Course, ending: Ending) -> Sequence[DayShare]:
    return course.won if ending == "won" else course.lost


def _table(course: Course, ending: Ending) -> Sequence[DayShare]:
    return course.won_table if ending == "won" else course.lost_table


def _own(told: Described | None) -> dict[str, Figure]:
    return {each.variant.key: each for each in told.variants} if told else {}
