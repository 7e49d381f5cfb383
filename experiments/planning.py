"""The plan that a launch freezes: the split drawn, the past counted, all of it written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from experiments.balance import balance_of
from experiments.baseline import Baseline, baseline_of
from experiments.code_version import code_version
from experiments.company import the_company
from experiments.experiment import Experiment, SplitDesign, Unit
from experiments.known_before import known_before
from experiments.periods import planned_periods
from experiments.plan import Plan, plan_of
from experiments.planned_split import Split
from experiments.problem import Problem, Refused, problem
from experiments.split import split_leads, split_reps
from experiments.valuation import valuation_of


def planned(session: Session, found: Experiment, *, seed: int, now: datetime) -> Plan:
    """The plan that a launch with this seed freezes; before the launch, a split to look at.

    Args:
        found: A draft without `life.hindrances`.
    Raises:
        Refused: for a team that this seed cannot split.
    """
    values, periods = valuation_of(session, found), periods_of(session, found)
    if found.unit is Unit.LEAD:
        plan = plan_of(found, split_leads(found.key, seed), values, periods=periods)
        return replace(plan, code_version=code_version())
    baseline = baseline_of(session, found, now=now)
    plan = plan_of(found, _split(found, baseline, seed), values, periods=periods)
    return replace(
        plan,
        baseline=baseline,
        balance=balance_of(plan, baseline),
        code_version=code_version(),
    )


def periods_of(session: Session, found: Experiment) -> tuple[tuple[datetime, datetime], ...]:
    """The periods of a crossover as planned; none of another design."""
    if found.design is not SplitDesign.CROSSOVER:
        return ()
    zone = the_company(session).zone
    last = found.enrol_until_at.astimezone(zone) - timedelta(microseconds=1)
    first = found.enrol_from_at.astimezone(zone)
    return planned_periods(first.date(), last.date(), found.washout_days or 0, zone)


def too_few_for_the_weights(count: int) -> Problem:
    """Why so many reps cannot be split by the plan's weights."""
    text = "With these weights one variant would get none of {reps} reps: even them out."
    return problem("variants", text, reps=count)


def _split(found: Experiment, baseline: Baseline, seed: int) -> Split:
    units = [rep.external_id for rep in found.participants]
    weights = [variant.weight for variant in found.variants]
    try:
        return split_reps(units, weights, seed, found.design, known_before(found, baseline))
    except ValueError:
        # Equal remainders are settled by the seed: another one can empty another variant.
        raise Refused(too_few_for_the_weights(len(units))) from None
