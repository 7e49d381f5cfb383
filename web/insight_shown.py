"""What the insights' pages draw: charts and rows, computed from what was found."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from babel import dates

from experiments.insight.activities import Activities, Activity
from experiments.insight.forecasting import Told
from experiments.insight.moves import Move, Place, Ways
from experiments.insight.ratios import Ratios
from experiments.insight.visits import LOST
from experiments.process import Milestone, StageKind
from web.charts.flow import FlowBar, FlowStep, Part, Way, flow
from web.charts.months import MonthMark, Months, months
from web.charts.shares import ShareRow, Shares, shares
from web.insight_words import InsightWords

# More would not fit side by side on a phone.
MONTHS_SHOWN = 8
_ORDER = {each: at for at, each in enumerate(Way)}


def won_shares(found: Ratios, words: InsightWords) -> Shares:
    """The share of each group's leads that were won, with its interval."""
    rows = []
    for group in found.groups:
        name = words.group(found, group)
        won = group.reached.get(Milestone.WON)
        if won is None:
            rows.append(ShareRow(name, None))
        else:
            low, high = won.interval or (None, None)
            rows.append(ShareRow(name, won.rate, low, high))
    return shares(rows, mirrored=words.reader.mirrored)


def flow_of(found: Ways, words: InsightWords) -> tuple[FlowBar, ...]:
    """A bar a stage: onward, back, lost, still there."""
    steps = [
        FlowStep(words.place(found, place), place.stay.leads, _parts(found, place, words))
        for place in found.places
    ]
    return flow(steps, mirrored=words.reader.mirrored)


def by_stage(found: Activities) -> list[tuple[str, list[Activity]]]:
    """The actions under their stages' names, in the process's order."""
    return [
        (name, list(members))
        for name, members in groupby(found.activities, lambda each: each.stage_name)
    ]


def forecast_months(told: Told, words: InsightWords) -> Months:
    """The latest months that are over, and those to come."""
    past = [
        MonthMark(_month(each.month, words), each.happened, each.expected, each.low, each.high)
        for each in told.past[-MONTHS_SHOWN:]
    ]
    ahead = [
        MonthMark(_month(each.month, words), None, each.expected, each.low, each.high)
        for each in told.months
    ]
    return months([*past, *ahead], mirrored=words.reader.mirrored)


def _month(first: date, words: InsightWords) -> str:
    return str(dates.format_skeleton("MMM", first, locale=words.reader.locale))


def _parts(found: Ways, place: Place, words: InsightWords) -> list[Part]:
    parts = [
        Part(_way(found, move), words.node(found, move.to), move.moves) for move in place.moves
    ]
    return sorted(parts, key=lambda part: _ORDER[part.way])


def _way(found: Ways, move: Move) -> Way:
    if not move.to:
        return Way.STAYS
    if move.backward:
        return Way.BACK
    lost = move.to == LOST or found.kinds.get(move.to) is StageKind.LOST
    return Way.LOST if lost else Way.ON
