"""What a manager writes to plan an experiment, field by field, and what must go together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from analysis.sequential import Spending
from assignment.arrivals import JoinRule, slots_of
from assignment.crossover import VARIANTS, periods
from experiments.defining import defining_problems
from experiments.experiment import Covariate, SplitDesign, Unit
from experiments.findings import unfit_if
from experiments.metric import CATALOGUE
from experiments.metric_draft import (
    GuardrailDraft,
    Rates,
    beside,
    decisive,
    exchanged,
    guarded,
)
from experiments.problem import Problem, problem
from experiments.process import Milestone
from experiments.process_draft import key_problems, slug
from experiments.records import LARGEST_AMOUNT
from experiments.shares import share_problems
from experiments.written import Written

# Beyond these, a day in one zone or another has no place in the calendar.
Day = Annotated[date, Field(ge=date(1970, 1, 2), le=date(2200, 1, 1))]


class VariantDraft(Written):
    """A variant; `process` is a process key, or `key@2` for an older version.

    `defining_actions` are keys or names of actions of a treatment's process: a lead that
    received all of them within its horizon was followed up, in whichever variant it is.
    """

    name: str = Field(min_length=1, max_length=120)
    process: str = Field("", max_length=80)
    control: bool = False
    weight: float = Field(1, gt=0, le=1000, allow_inf_nan=False)
    defining_actions: list[str] = Field(default_factory=list, max_length=10)


class ExperimentDraft(Written):
    """A plan that can still change.

    `reps` (external ids) and `teams` (names) say who takes part, together.
    `enrol_from` and `enrol_until` are days of the company's calendar, both included.
    `washout_days` lie between the periods of a crossover; left out, as many as the horizon.
    `metric` decides and `secondary` are told beside it, keys of the catalogue; `milestone` alone
    is short for the share of leads that reach it, and without `secondary` all others are told.
    `cap` and `rates` are in the company's currency.
    Experiments that must not overlap name the same `exclusion_group`.
    """

    name: str = Field(min_length=1, max_length=120)
    key: str = Field("", max_length=60)
    hypothesis: str = Field(min_length=1, max_length=5000)
    unit: Unit = Unit.REP
    by_account: bool = False
    # Four can still be told apart in a chart, and more would thin out any team.
    variants: list[VariantDraft] = Field(min_length=2, max_length=4)
    reps: list[str] = Field(default_factory=list, max_length=5000)
    teams: list[str] = Field(default_factory=list, max_length=500)
    milestone: Milestone = Milestone.WON
    metric: str = Field("", max_length=40)
    secondary: list[str] | None = Field(None, max_length=30)
    cap: float | None = Field(None, gt=0, le=LARGEST_AMOUNT, allow_inf_nan=False)
    rates: Rates
    horizon_days: int = Field(60, ge=1, le=730)
    level: float = Field(0.95, ge=0.8, le=0.999)
    enrol_from: Day
    enrol_until: Day
    rehearsal: bool = False
    design: SplitDesign = SplitDesign.COMPLETE
    covariate: Covariate | None = None
    washout_days: int | None = Field(None, ge=0, le=730)
    join_rule: JoinRule | None = None
    exclusion_group: str | None = Field(None, max_length=60)
    # What the checks hold the test against.
    missing_limit: float = Field(0.05, ge=0, le=0.5, allow_inf_nan=False)
    stale_days: int = Field(7, ge=1, le=365)
    adherence_floor: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    # Whoever looks more often hardly learns more, and pays for it at every look.
    looks: int = Field(1, ge=1, le=5)
    spending: Spending = Spending.OBRIEN_FLEMING
    guardrails: list[GuardrailDraft] = Field(default_factory=list, max_length=3)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.key = self.key or slug(self.name)
        if self.design is not SplitDesign.CROSSOVER:
            self.washout_days = None
        elif self.washout_days is None:
            self.washout_days = self.horizon_days
        unfit_if([*key_problems(self.key), *self._variant_problems(), *self._plan_problems()])
        self.metric = self.metric or self.milestone
        self.milestone = CATALOGUE[self.metric].milestone
        named = CATALOGUE if self.secondary is None else self.secondary
        self.secondary = [each for each in CATALOGUE if each in named and each != self.metric]
        return self

    def _variant_problems(self) -> Iterator[Problem]:
        controls = sum(variant.control for variant in self.variants)
        if controls != 1:
            text = "Exactly one variant is the control; here {count} are."
            yield problem("variants", text, count=controls)
        names = {slug(variant.name) for variant in self.variants}
        if len(names) < len(self.variants):
            yield problem("variants", "Two variants have the same name.")
        yield from share_problems([variant.weight for variant in self.variants])
        yield from defining_problems(
            [(each.control, bool(each.defining_actions)) for each in self.variants]
        )

    def _plan_problems(self) -> Iterator[Problem]:
        yield from decisive(self.metric, self.milestone, self.model_fields_set)
        yield from beside(self.secondary or ())
        yield from guarded(self.guardrails, self.metric or self.milestone)
        yield from exchanged(self.rates)
        if self.enrol_until < self.enrol_from:
            yield problem("enrol_until", "Enrolment ends before it begins.")
        if self.unit is Unit.LEAD and self.design is not SplitDesign.COMPLETE:
            yield problem("design", "Only a team of reps is split by a design.")
        if self.covariate and (self.unit is Unit.LEAD or self.design is SplitDesign.CROSSOVER):
            text = "Only reps who follow one process each are compared by how they did before."
            yield problem("covariate", text)
        if self.rehearsal and self.exclusion_group:
            yield problem("exclusion_group", "A rehearsal needs none: it changes nobody's work.")
        yield from self._join_problems()
        if self.design is SplitDesign.CROSSOVER:
            yield from self._crossover_problems()
        if self.rehearsal and self.looks > 1:
            yield problem("looks", "A rehearsal is over when it begins: it has one look.")
        if self.by_account and self.unit is Unit.REP:
            text = "Accounts can be kept together only where leads are split."
            yield problem("by_account", text)

    def _crossover_problems(self) -> Iterator[Problem]:
        if len(self.variants) != VARIANTS or len({each.weight for each in self.variants}) > 1:
            yield problem("design", "A crossover compares two variants of equal share.")
        if self.looks > 1:
            text = (
                "A crossover has one look: before its end hardly anybody followed both variants."
            )
            yield problem("looks", text)
        if self.join_rule is not None:
            text = "Nobody joins a crossover: every rep follows both variants, from its beginning."
            yield problem("join_rule", text)
        days = (self.enrol_until - self.enrol_from).days + 1
        try:
            periods(0, max(days, 0), self.washout_days or 0)
        except ValueError:
            text = "{days} days of enrolment leave no time for two periods with {washout} between."
            yield problem("washout_days", text, days=days, washout=self.washout_days)

    def _join_problems(self) -> Iterator[Problem]:
        if self.join_rule is None:
            return
        if self.unit is Unit.LEAD or self.rehearsal:
            yield problem(
                "join_rule", "Reps can join only a test under way in which reps are split."
            )
        try:
            slots_of([variant.weight for variant in self.variants])
        except ValueError:
            text = "With these shares nobody can join: choose shares of small whole numbers."
            yield problem("join_rule", text)
