"""What a plan's split may come to, before its launch draws it: an example, or leads a week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from experiments.baseline import MOST_WEEKS
from experiments.experiment import Experiment, Unit, Variant
from experiments.known_before import design_problems
from experiments.plan import Plan
from experiments.planning import planned
from experiments.problem import Refused
from experiments.sales_history import sales_history
from experiments.split import drawn_labels


@dataclass(frozen=True, slots=True)
class ExampleSide:
    """A variant, and how many reps of each team fell to it; "" is who has no team."""

    variant: Variant
    size: int
    by_team: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExampleSplit:
    """The plan that some seed would freeze; teams by name, variants with the control first."""

    plan: Plan
    teams: Sequence[str]
    sides: Sequence[ExampleSide]


def example_split(
    session: Session, found: Experiment, *, seed: int, now: datetime
) -> ExampleSplit | None:
    """How a launch with that seed would split the reps; `None` where it could not, or need not.

    A launch draws a seed of its own: whoever sees examples chooses nothing by it.

    Args:
        found: A draft, stored or not.
    """
    whole = all(variant.version for variant in found.variants) and found.participants
    if found.unit is Unit.LEAD or not whole or design_problems(session, found, now=now):
        return None
    try:
        plan = planned(session, found, seed=seed, now=now)
    except Refused:
        return None
    teams = {rep.external_id: rep.team.name if rep.team else "" for rep in found.participants}
    drawn = list(zip(plan.split.units, drawn_labels(plan), strict=True))
    sides = [
        _side(variant, [teams[unit] for unit, label in drawn if label == at])
        for at, variant in enumerate(found.variants)
    ]
    sides.sort(key=lambda side: not side.variant.is_control)
    return ExampleSplit(plan, sorted(set(teams.values()), key=_without_last), sides)


def leads_a_week(session: Session, plan: Experiment, *, now: datetime) -> float | None:
    """New leads a week of those who take part, in the latest half year; `None` without any."""
    past = sales_history(session, now=now, horizon_days=0)
    mine = {rep.external_id for rep in plan.participants}
    leads, _reached = past.latest(MOST_WEEKS)
    total = sum(int(n) for rep, n in zip(past.reps, leads, strict=True) if rep in mine)
    return total / min(past.weeks, MOST_WEEKS) if total else None


def _side(variant: Variant, teams: Sequence[str]) -> ExampleSide:
    return ExampleSide(variant, len(teams), Counter(teams))


def _without_last(team: str) -> tuple[bool, str]:
    return not team, team
