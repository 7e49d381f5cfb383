"""The demo's experiments: what was planned, when it was launched, what came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from experiments import decision, experiment_draft, life, report
from experiments.decision import Choice
from experiments.demo.company import STANDING, manager
from experiments.demo.workweek import WorkWeeks
from experiments.draft_fields import ExperimentDraft
from experiments.experiment import Experiment, Unit, experiment
from experiments.verdict import RECOMMENDED


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment and its calendar, in weeks of the company's history.

    `launch_week` None leaves it a draft; `decide_week` None leaves the decision to the visitor.
    """

    key: str
    name: str
    hypothesis: str
    unit: Unit
    teams: tuple[str, ...]
    control: tuple[str, str]
    treatment: tuple[str, str]
    planned_week: int
    launch_week: int | None
    enrolment_weeks: int
    horizon_days: int
    seed: int
    decide_week: int | None = None
    decision: str = ""
    looks: int = 1
    guarded: tuple[tuple[str, float], ...] = ()
    defining: tuple[str, ...] = ()

    def is_followed(self, week: int) -> bool:
        """Whether its reps work by their variants in this week: from launch to decision."""
        if self.unit is not Unit.REP or self.launch_week is None:
            return False
        return self.launch_week <= week < (self.decide_week or math.inf)

    def enrols(self, week: int) -> bool:
        """Whether a lead that begins in this week enrols."""
        if self.launch_week is None:
            return False
        return self.launch_week <= week < self.launch_week + self.enrolment_weeks

    def draft(self, weeks: WorkWeeks) -> ExperimentDraft:
        """What the manager wrote."""
        start = weeks.day(self.launch_week or self.planned_week + 2)
        return experiment_draft.checked(
            {
                "key": self.key,
                "name": self.name,
                "hypothesis": self.hypothesis,
                "unit": self.unit,
                "teams": list(self.teams),
                "variants": [
                    {"name": self.control[0], "process": self.control[1], "control": True},
                    {
                        "name": self.treatment[0],
                        "process": self.treatment[1],
                        "defining_actions": list(self.defining),
                    },
                ],
                "horizon_days": self.horizon_days,
                "looks": self.looks,
                "guardrails": [
                    {"milestone": milestone, "margin": margin}
                    for milestone, margin in self.guarded
                ],
                "enrol_from": start.isoformat(),
                "enrol_until": (start + timedelta(days=7 * self.enrolment_weeks - 1)).isoformat(),
            }
        )


# The company's history has this many whole weeks before the present one.
WEEKS = 43

TRIALS = (
    Trial(
        key="short-sequence-by-lead",
        name="Short sequence, split by lead",
        hypothesis=(
            "Ten days of short touches bring as many contracts as two long conversations, in"
            " half the time. Each lead is drawn, so that every rep works both ways."
        ),
        unit=Unit.LEAD,
        teams=("Outbound",),
        control=("SPIN outreach", "spin-outreach@1"),
        treatment=("Short sequence", "short-sequence@1"),
        planned_week=2,
        launch_week=3,
        enrolment_weeks=9,
        horizon_days=75,
        seed=11,
        decide_week=24,
        decision=(
            "The interval holds both a loss and a gain that we would care about. Reps told us"
            " that they mixed the two scripts within a day: we run it again, split by rep."
        ),
    ),
    Trial(
        key="demo-before-discovery",
        name="Demo before discovery",
        hypothesis=(
            "People who ask us have done their homework. If they see the product before we"
            " question them, more of them reach an offer and sign within 60 days."
        ),
        unit=Unit.REP,
        teams=("Inbound Berlin", "Inbound Lyon"),
        control=("Discovery first", "discovery-first@1"),
        treatment=("Demo first", "demo-first@1"),
        planned_week=11,
        launch_week=12,
        enrolment_weeks=16,
        horizon_days=60,
        seed=1,
        defining=("Send the demo invitation",),
    ),
    Trial(
        key="usage-report-first",
        name="Usage report before the review",
        hypothesis=(
            "Customers who have read their own usage report come to the review with a wish,"
            " and more of them extend their contract."
        ),
        unit=Unit.REP,
        teams=("Expansion",),
        control=("Expansion", "expansion@1"),
        treatment=("With usage report", "expansion@2"),
        planned_week=13,
        launch_week=14,
        enrolment_weeks=14,
        horizon_days=45,
        seed=5,
    ),
    Trial(
        key="short-sequence",
        name="Short sequence, split by rep",
        hypothesis=(
            "Ten days of short touches bring as many contracts as two long conversations, in"
            " half the time. This time each rep works one way only."
        ),
        unit=Unit.REP,
        teams=("Outbound",),
        control=("SPIN outreach", "spin-outreach@1"),
        treatment=("Short sequence", "short-sequence@1"),
        planned_week=28,
        launch_week=30,
        enrolment_weeks=24,
        horizon_days=75,
        seed=4,
        looks=3,
        guarded=(("qualified", 0.05),),
    ),
    Trial(
        key="usage-report-by-lead",
        name="Usage report, split by lead",
        hypothesis=(
            "Six reps are too few to be split. If each lead is drawn instead, the same team can"
            " tell whether the usage report helps."
        ),
        unit=Unit.LEAD,
        teams=("Expansion",),
        control=("Expansion", "expansion@1"),
        treatment=("With usage report", "expansion@2"),
        planned_week=42,
        launch_week=None,
        enrolment_weeks=16,
        horizon_days=45,
        seed=0,
    ),
)


def advance(session: Session, week: int, weeks: WorkWeeks) -> None:
    """Do what the manager did on the Monday morning of this week: plan, launch, decide."""
    now, by = weeks.starts(week), manager(session)
    for trial in TRIALS:
        if trial.planned_week == week:
            experiment_draft.create(session, trial.draft(weeks), by=by, now=now)
        if trial.launch_week == week:
            life.launch(session, _found(session, trial), seed=trial.seed, by=by, now=now)
        if trial.decide_week == week:
            _decide(session, trial, week, weeks)


def standing(segment: str) -> str:
    """The version that a segment's leads follow outside of any test, as `key@number`."""
    reference = STANDING[segment]
    return reference if "@" in reference else f"{reference}@1"


def _decide(session: Session, trial: Trial, week: int, weeks: WorkWeeks) -> None:
    now, found = weeks.starts(week), _found(session, trial)
    shown = report.build(session, found, now=now)
    advised = RECOMMENDED[shown.verdict]
    ruling = decision.Ruling(
        Choice.RUN_AGAIN,
        trial.decision,
        ready=shown.ready,
        recommended=advised[0] if advised else None,
    )
    decision.decide(session, found, ruling, by=manager(session), now=now)


def _found(session: Session, trial: Trial) -> Experiment:
    return experiment(session, trial.key)
