"""What is known of the reps before a split: their teams, and how they did until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from assignment.rerandomised import FEWEST_ACCEPTABLE
from experiments.attainable import attainable
from experiments.experiment import Experiment, SplitDesign
from experiments.problem import Problem, problem
from experiments.sales_history import sales_history
from experiments.split import Known

# Older weeks say less of how a rep does today.
MOST_WEEKS = 26
# In the order of `Covariate`.
COVARIATES = ("share of leads that reached the milestone", "leads a week")
ALIKE = (SplitDesign.PAIRED, SplitDesign.RERANDOMISED)


def known_before(session: Session, found: Experiment, *, now: datetime) -> Known:
    """What the experiment's design needs to know of its participants.

    The past is counted as the test itself will count: leads whose horizon was over before
    enrolment begins, in the latest half year. A rep without any has the team's share.
    """
    teams = {rep.external_id: rep.team.name if rep.team else "" for rep in found.participants}
    if not _rests_on_the_past(found):
        return Known(teams)
    past = sales_history(
        session,
        now=now,
        horizon_days=found.horizon_days,
        milestone=found.milestone,
        before=found.enrol_from_at,
    )
    weeks = min(past.weeks, MOST_WEEKS)
    leads, reached = past.latest(MOST_WEEKS)
    counts = dict(zip(past.reps, zip(leads.tolist(), reached.tolist(), strict=True), strict=True))
    mine = {unit: counts.get(unit, (0, 0)) for unit in teams}
    total = np.sum(list(mine.values()), axis=0) if mine else np.zeros(2)
    share = float(total[1] / total[0]) if total[0] else 0.0
    baseline = {
        unit: [won / n if n else share, n / max(weeks, 1)] for unit, (n, won) in mine.items()
    }
    return Known(teams, COVARIATES, baseline)


def design_problems(session: Session, found: Experiment, *, now: datetime) -> list[Problem]:
    """Why the team cannot be split by the planned design; empty where it can."""
    weights = [variant.weight for variant in found.variants]
    if found.design is SplitDesign.PAIRED and (len(weights) != 2 or weights[0] != weights[1]):
        return [problem("design", "Pairs are split between two variants of equal share.")]
    ways = attainable(found)
    if found.design is SplitDesign.RERANDOMISED and ways and ways.ways < FEWEST_ACCEPTABLE:
        text = "{ways} ways to split are too few to choose among: {least} must be acceptable."
        values = {"ways": ways.ways, "least": FEWEST_ACCEPTABLE}
        return [problem("design", text, **values)]
    if _rests_on_the_past(found):
        known = known_before(session, found, now=now)
        if not any(leads for _share, leads in known.baseline.values()):
            text = "There are no leads from before by which the reps could be compared."
            return [problem("design" if found.design in ALIKE else "covariate", text)]
    return []


def without_past(known: Mapping[str, Sequence[float]]) -> list[str]:
    """Who had no leads before, and stands in with the team's share."""
    return sorted(unit for unit, (_share, leads) in known.items() if not leads)


def _rests_on_the_past(found: Experiment) -> bool:
    return found.design in ALIKE or found.covariate is not None
