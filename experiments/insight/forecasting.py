"""What will be won in the coming months: by team, process, or a test's variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.forecast import Forecaster, MonthForecast, Score, Trial, score
from analysis.pipeline import Pipeline, pooled
from experiments.company import the_company
from experiments.experiment import experiment
from experiments.insight.cohort import (
    LONGEST_HORIZON,
    Cohort,
    Scope,
    cohort,
    hidden_tests,
    process_names,
)
from experiments.insight.pipelines import Pipelines, month_begins, pipelines
from experiments.people import Team
from experiments.problem import Refused, problem

LEVEL = 0.8
MONTHS_AHEAD = 3


class Parts(StrEnum):
    """What the forecast is told by."""

    TEAM = "team"
    PROCESS = "process"
    VARIANT = "variant"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A month to come, in minor units of the company's currency."""

    month: date
    expected: int
    low: int
    high: int
    from_open: int
    from_new: int


@dataclass(frozen=True, slots=True)
class Past:
    """A month that is over: what the forecast said the month before, and what happened."""

    month: date
    expected: int
    low: int
    high: int
    happened: int
    last_month: int
    covered: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The forecast of a group and the months in which it was tried."""

    name: str
    months: tuple[Ahead, ...]
    past: tuple[Past, ...]
    so_far: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected; `whole` is None while no month with wins is over.

    Attributes:
        score: Of all groups' months that are over, each forecast with what was known before.
        whole_score: The same for the company as a whole.
        foreign: Won leads without a value in the company's currency, which count as nothing.
    """

    scope: Scope
    parts: Parts
    currency: str
    whole: Told | None
    groups: tuple[Told, ...]
    score: Score | None
    whole_score: Score | None
    foreign: int
    complete_through: datetime
    tests_left_out: int
    level: float = LEVEL


def forecast(
    session: Session,
    parts: Parts,
    *,
    now: datetime,
    process: str = "",
    team: str = "",
    test: str = "",
) -> Forecast:
    """Forecast the months after the last that the data holds to its end.

    Args:
        process, team: Narrow it to the leads of one, "" for all.
        test: The key of a test whose variants stand side by side, for `Parts.VARIANT` only.
    Raises:
        NotFound: for a process, team or test that is not there.
        Refused: for a test whose effects are not to be seen yet, or without one.
    """
    scope = Scope(LONGEST_HORIZON, process, team)
    found = cohort(session, scope, now=now, apart=parts is Parts.PROCESS)
    leads, names = _grouped(session, found, parts, test, now)
    found = Cohort(scope, leads, found.complete_through, found.as_of, found.hidden)
    counted = pipelines(session, found, leads.part)
    groups: tuple[Told, ...] = ()
    trials: tuple[Trial, ...] = ()
    whole, of_whole = None, None
    if counted is not None:
        keys = sorted(counted.groups, key=lambda key: names.get(key, "\uffff"))
        each = [counted.groups[key] for key in keys]
        by_group = _forecaster(counted, each)
        trials = by_group.trials()
        groups = tuple(
            _told(counted, by_group, at, names.get(key, ""), counted.so_far[key])
            for at, key in enumerate(keys)
        )
        together = _forecaster(counted, [pooled(each)])
        of_whole = score(together.trials())
        if together.since is not None:
            whole = _told(counted, together, 0, "", sum(counted.so_far.values()))
    return Forecast(
        scope,
        parts,
        the_company(session).currency,
        whole,
        groups if whole else (),
        score(trials),
        of_whole,
        counted.foreign if counted else 0,
        found.complete_through,
        len(found.hidden),
    )


def _forecaster(counted: Pipelines, groups: list[Pipeline]) -> Forecaster:
    return Forecaster(groups, first_place=(counted.months[0].month - 1) % 3, level=LEVEL)


def _grouped(
    session: Session, found: Cohort, parts: Parts, test: str, now: datetime
) -> tuple[Table, Mapping[int, str]]:
    """The leads with a number for their part, and the parts' names."""
    if parts is Parts.VARIANT:
        return _by_variant(session, found, test, now)
    if parts is Parts.PROCESS:
        names = {key: each.name for key, each in process_names(session).items()}
        return found.leads.mutate(part=_.process_id), names
    reps = ibis.table({"id": "int64", "team_id": "int64"}, name="reps")
    of = reps.select(of_rep=_.id, part=_.team_id.fill_null(0))
    leads = found.leads.join(of, found.leads.rep_id == of.of_rep)
    return leads.drop("of_rep"), {each.id: each.name for each in session.scalars(select(Team))}


def _by_variant(
    session: Session, found: Cohort, test: str, now: datetime
) -> tuple[Table, Mapping[int, str]]:
    if not test:
        raise Refused(problem("test", "Choose the test whose variants are to be forecast."))
    tested = experiment(session, test)
    if tested.launched_at is None or tested.id in hidden_tests(session, now=now):
        text = "The effects of {key} are not to be seen yet, nor what its variants would win."
        raise Refused(problem("test", text, key=test))
    names = ("experiment_id", "lead_id", "variant_id")
    enrolments = ibis.table(dict.fromkeys(names, "int64"), name="enrolments")
    of = enrolments.filter(_.experiment_id == tested.id).select("lead_id", part=_.variant_id)
    return found.leads.join(of, "lead_id"), {each.id: each.name for each in tested.variants}


def _told(counted: Pipelines, by: Forecaster, at: int, name: str, so_far: int) -> Told:
    return Told(
        name,
        tuple(_ahead(counted, each) for each in by.ahead(at, MONTHS_AHEAD)),
        tuple(_past(counted, each) for each in by.trials() if each.group == at),
        so_far,
    )


def _ahead(counted: Pipelines, found: MonthForecast) -> Ahead:
    low, high = found.interval
    return Ahead(
        month_begins(counted, found.ahead),
        round(found.expected),
        round(low),
        round(high),
        round(found.from_open),
        round(found.from_new),
    )


def _past(counted: Pipelines, trial: Trial) -> Past:
    low, high = trial.interval
    return Past(
        counted.months[trial.month],
        round(trial.expected),
        round(low),
        round(high),
        round(trial.happened),
        round(trial.last_month),
        trial.covered,
    )
