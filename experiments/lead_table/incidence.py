"""`stagelift analyse --time`: the variants of a table of leads, compared on time to close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.comparison import Comparison
from analysis.endings import Endings, Measure
from analysis.estimate import NotEstimable
from analysis.incidence import measured, standard_error
from analysis.methods import Unit
from analysis.time_to_close import (
    LeadTimes,
    RepTimes,
    compare_lead_times,
    compare_rep_times,
)
from assignment.design import seeded
from experiments.lead_table.answer import Question
from experiments.lead_table.checks import (
    check_pairs,
    check_split_reps,
    check_strata,
    control_first,
)
from experiments.lead_table.counts import Group
from experiments.lead_table.endings import Ended, count_endings, endings_of, groups_of
from experiments.lead_table.rep_split import design_of
from experiments.lead_table.source import LeadTable
from experiments.lead_table.sums import rep_totals
from experiments.rep_pairs import rep_pairs

# Of each variant, the control's first.
Arms = Mapping[str, Sequence[Ended]]


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """What to compare: a question whose outcome is the column of the event, with its time."""

    question: Question
    time: str  # the column of the time from enrolment to the event
    horizon: float  # in the unit of the time, above 0


@dataclass(frozen=True, slots=True)
class Share:
    """A measure of a variant's leads; the error is `None` where it cannot be told."""

    value: float
    se: float | None


@dataclass(frozen=True, slots=True)
class VariantTimes:
    """A variant's leads, and what had become of them by the horizon."""

    variant: str
    reps: int | None  # `None` without a column of the rep
    leads: int
    measures: Mapping[Measure, Share] | NotEstimable

    def as_dict(self) -> dict[str, Any]:
        """The variant as `stagelift analyse --json` prints it."""
        named: dict[str, Any] = {"variant": self.variant, "reps": self.reps, "leads": self.leads}
        if isinstance(self.measures, NotEstimable):
            return named | self.measures.as_dict()
        for measure, share in self.measures.items():
            named |= {measure.value: share.value, f"{measure}_se": share.se}
        return named


@dataclass(frozen=True, slots=True)
class TimeAnalysis:
    """The answer to a question."""

    asked: TimeQuestion
    variants: tuple[VariantTimes, ...]  # the control's first
    comparisons: Mapping[Measure, Mapping[str, Comparison]]  # by measure and treatment

    def as_dict(self) -> dict[str, Any]:
        """The answer as `stagelift analyse --json` prints it."""
        return {
            "unit": self.asked.question.unit.value,
            "control": self.variants[0].variant,
            "level": self.asked.question.level,
            "horizon": self.asked.horizon,
            "incidence": [variant.as_dict() for variant in self.variants],
            "comparisons": [
                {"variant": variant, "outcome": measure.value} | comparison.as_dict()
                for measure, compared in self.comparisons.items()
                for variant, comparison in compared.items()
            ],
        }


def analyse_times(leads: LeadTable, asked: TimeQuestion) -> TimeAnalysis:
    """Compare what became of a table's leads by a horizon, leads still open included.

    Raises:
        Refused: for a table that does not fit the question; naming the column and the row.
    """
    question, columns = asked.question, asked.question.columns
    ended = count_endings(leads, columns, asked.time)
    groups = groups_of(ended)
    names = control_first(groups, columns.variant, question.control)
    if question.unit is Unit.REP:
        check_split_reps(leads, columns, groups)
        _check_blocks(leads, asked.question, groups)
    arms = {name: [each for each in ended if each.variant == name] for name in names}
    variants = tuple(_described(name, arm, asked) for name, arm in arms.items())
    compare = _compared_reps if question.unit is Unit.REP else _compared_leads
    return TimeAnalysis(asked, variants, compare(arms, asked))


def _check_blocks(leads: LeadTable, question: Question, groups: Sequence[Group]) -> None:
    if question.columns.stratum is not None:
        check_strata(leads, question.columns.stratum, groups)
        if question.paired:
            check_pairs(leads, question.columns.stratum, groups)


def _described(name: str, arm: Sequence[Ended], asked: TimeQuestion) -> VariantTimes:
    leads, by_rep = _endings(arm), asked.question.unit is Unit.REP
    measures = {}
    for measure in Measure:
        found = measured(leads, measure, asked.horizon)
        if isinstance(found, NotEstimable):
            return VariantTimes(name, _reps(leads, asked), leads.leads, found)
        se = standard_error(leads, measure, asked.horizon, by_rep=by_rep)
        measures[measure] = Share(found.value, se)
    return VariantTimes(name, _reps(leads, asked), leads.leads, measures)


def _endings(arm: Sequence[Ended]) -> Endings:
    return endings_of(arm, sorted({each.rep for each in arm}))


def _reps(leads: Endings, asked: TimeQuestion) -> int | None:
    return None if asked.question.columns.rep is None else len(leads.reps)


def _compared_leads(arms: Arms, asked: TimeQuestion) -> dict[Measure, dict[str, Comparison]]:
    control, *treatments = [(name, _endings(arm)) for name, arm in arms.items()]

    def compared(measure: Measure) -> dict[str, Comparison]:
        pairs = {
            name: LeadTimes(control[1], leads, measure, asked.horizon)
            for name, leads in treatments
        }
        return compare_lead_times(pairs, level=asked.question.level)

    return {measure: compared(measure) for measure in Measure}


def _compared_reps(arms: Arms, asked: TimeQuestion) -> dict[Measure, dict[str, Comparison]]:
    grouped = {name: groups_of(arm) for name, arm in arms.items()}
    design = design_of(grouped)
    variant = {each.rep: place for place, arm in enumerate(arms.values()) for each in arm}
    split = rep_pairs(
        design,
        np.array([variant[rep] for rep in design.units], dtype=np.int8),
        {"": rep_totals([group for arm in grouped.values() for group in arm])},
        variants=list(arms),
        control=0,
        rng=seeded(asked.question.seed),
    )[""]
    control = next(iter(arms.values()))
    both = {
        name: endings_of([*control, *arms[name]], pair.totals.reps) for name, pair in split.items()
    }

    def compared(measure: Measure) -> dict[str, Comparison]:
        pairs = {
            name: RepTimes(
                both[name], pair.treated, pair.redraws, pair.exact, measure, asked.horizon
            )
            for name, pair in split.items()
        }
        return compare_rep_times(pairs, level=asked.question.level)

    return {measure: compared(measure) for measure in Measure}
