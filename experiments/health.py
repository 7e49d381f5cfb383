"""Whether a test can be believed: checks on the split, the plan and the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import chisquare
from sqlalchemy.orm import Session

from experiments.counting import RepCount
from experiments.enrolment import assignments
from experiments.experiment import Experiment, Unit
from experiments.plan import Plan, hash_of
from experiments.roster import Roster

# A rep without matured leads has no rate; more than this share of them is a broken test.
MOST_IDLE_REPS = 0.10
# Hashed units: a chance split is refused once in a thousand tests.
RATIO_ALPHA = 0.001


class CheckName(StrEnum):
    """The checks there are."""

    PLAN = "plan"
    DRAW = "draw"
    RATIO = "ratio"
    IDLE_REPS = "idle_reps"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. All of these block the verdict when they fail."""

    name: CheckName
    passed: bool


def checks(
    session: Session,
    found: Experiment,
    roster: Roster,
    counts: Sequence[RepCount],
    *,
    measured: bool,
) -> tuple[Check, ...]:
    """Every check that applies to this design, failed or not."""
    stored, plan = assignments(session, found), roster.plan
    applying: list[tuple[CheckName, Callable[[], bool]]] = [
        (CheckName.PLAN, lambda: hash_of(found.plan or "") == found.plan_hash)
    ]
    if plan.unit is Unit.REP:
        applying.append((CheckName.DRAW, lambda: stored == roster.drawn))
        # Before its leads have matured, every rep is idle.
        if measured:
            applying.append((CheckName.IDLE_REPS, lambda: _few_idle(roster, counts)))
    else:
        applying.append((CheckName.RATIO, lambda: _ratio_holds(plan, stored)))
    return tuple(Check(name, holds()) for name, holds in applying)


def idle_reps(roster: Roster, counts: Sequence[RepCount]) -> int:
    """How many reps of the test have no matured lead."""
    return roster.count - len({each.rep_id for each in counts if each.matured})


def _few_idle(roster: Roster, counts: Sequence[RepCount]) -> bool:
    return idle_reps(roster, counts) <= MOST_IDLE_REPS * roster.count


def _ratio_holds(plan: Plan, stored: dict[str, int]) -> bool:
    sizes = Counter(stored.values())
    seen = [sizes[variant.id] for variant in plan.variants]
    total_weight = sum(variant.weight for variant in plan.variants)
    expected = [sum(seen) * variant.weight / total_weight for variant in plan.variants]
    # The approximation needs a handful of units in every variant.
    if min(expected) < 5:
        return True
    return bool(chisquare(seen, expected).pvalue >= RATIO_ALPHA)
