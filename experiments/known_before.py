"""What a design or a test rests on of the reps before a split, and why it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from assignment.rerandomised import FEWEST_ACCEPTABLE
from experiments.attainable import attainable
from experiments.baseline import Baseline, Trait, baseline_of
from experiments.experiment import Covariate, Experiment, SplitDesign
from experiments.people import Team
from experiments.problem import Problem, problem
from experiments.split import Known

# In the order of `Covariate`.
COVARIATES = ("share of leads that reached the milestone", "leads a week")
ALIKE = (SplitDesign.PAIRED, SplitDesign.RERANDOMISED)


def known_before(found: Experiment, baseline: Baseline) -> Known:
    """What the experiment's design needs to know of its participants.

    A rep without leads has the mean share; where a design or a test rests on the share,
    `design_problems` lets no such rep take part.
    """
    teams = {rep.external_id: _team(rep.team) for rep in found.participants}
    if not _rests_on_the_past(found):
        return Known(teams)
    shares, leads = baseline.of(Trait.SHARE), baseline.of(Trait.LEADS)
    told = [share for share in shares.values() if share is not None]
    usual = sum(told) / len(told) if told else 0.0
    values = {
        unit: [usual if share is None else share, leads[unit] or 0.0]
        for unit, share in shares.items()
    }
    return Known(teams, COVARIATES, values)


def design_problems(session: Session, found: Experiment, *, now: datetime) -> list[Problem]:
    """Why the team cannot be split by the planned design; empty where it can."""
    weights = [variant.weight for variant in found.variants]
    if found.design is SplitDesign.PAIRED and (len(weights) != 2 or weights[0] != weights[1]):
        return [problem("design", "Pairs are split between two variants of equal share.")]
    ways = attainable(found)
    if found.design is SplitDesign.RERANDOMISED and ways and ways.ways < FEWEST_ACCEPTABLE:
        return [
            problem(
                "design",
                "{ways} ways to split are too few to choose among: {least} must be acceptable.",
                ways=ways.ways,
                least=FEWEST_ACCEPTABLE,
            )
        ]
    alone = _teams_of_one(found) if found.design is SplitDesign.BY_TEAM else []
    return [*alone, *(_unknown(session, found, now) if _rests_on_the_past(found) else [])]


def without_past(known: Mapping[str, Sequence[float]]) -> list[str]:
    """Who had no leads before, and stood in with the team's share in plans that allowed it."""
    return sorted(unit for unit, (_share, leads) in known.items() if not leads)


def _teams_of_one(found: Experiment) -> list[Problem]:
    """Why teams of one cannot be split: all of their re-draws are the one that happened."""
    sizes = Counter(_team(rep.team) for rep in found.participants)
    return [
        problem(
            "design",
            "{rep} is the only rep of the team {team} here, and one rep cannot be split: leave "
            "the rep out, or split all reps together.",
            rep=rep.name,
            team=_team(rep.team) or "–",
        )
        for rep in found.participants
        if sizes[_team(rep.team)] == 1
    ]


def _unknown(session: Session, found: Experiment, now: datetime) -> list[Problem]:
    """Whose past is not there, where the design or the test rests on it."""
    where = "design" if found.design in ALIKE else "covariate"
    baseline = baseline_of(session, found, now=now)
    missing = baseline.without(Trait.SHARE)
    if len(missing) == len(baseline.values):
        return [
            problem(where, "There are no leads from before by which the reps could be compared.")
        ]
    if not missing or (found.design not in ALIKE and found.covariate is Covariate.LEADS):
        return []  # no leads a week is a number too
    return [
        problem(
            where,
            "Of {reps} no leads from before are known: leave them out, or plan without what reps "
            "did before.",
            reps=", ".join(rep.name for rep in found.participants if rep.external_id in missing),
        )
    ]


def _team(team: Team | None) -> str:
    return team.name if team else ""


def _rests_on_the_past(found: Experiment) -> bool:
    return found.design in ALIKE or found.covariate is not None
