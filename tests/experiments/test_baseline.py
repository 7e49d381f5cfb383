"""What was known of reps before: counted, frozen at launch, and compared."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sqlalchemy.orm import Session

import assignment
from analysis.sufficient import Floats
from assignment.rerandomised import Rerandomised
from experiments import people
from experiments.alerts import alerts
from experiments.balance import contrasts
from experiments.baseline import Baseline, Trait
from experiments.check import Check, CheckName, FigureName, State
from experiments.code_version import code_version, mark_of
from experiments.experiment import Experiment
from experiments.health_report import health_on
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan, hash_of
from experiments.planned_split import BalanceTable
from experiments.planning import planned
from experiments.split import design_of, drawn_labels, first_labels
from tests.experiments.conftest import Tell
from tests.experiments.test_split_designs import drafted, launched, sold

WEEKS = 13  # from the first lead of `sold` to the last whose thirty days are over


def known(plan: Plan) -> tuple[Baseline, BalanceTable]:
    assert plan.baseline is not None
    assert plan.balance is not None
    return plan.baseline, plan.balance


def checked(session: Session, found: Experiment, now: datetime) -> Check:
    health = health_on(session, found, now=now + timedelta(days=1))
    return next(each for each in health.checks if each.name is CheckName.BALANCE)


def test_each_rep_s_past_is_frozen_and_what_is_missing_is_told_as_missing(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps[:6], tell, now)
    reps[7].joined_at = now - timedelta(weeks=3)
    found = launched(session, plan, now)
    told = json.loads(found.plan or "")["baseline"]
    # Counted is what began thirty days, the horizon, before the first day of enrolment.
    assert (told["weeks"], told["until_at"][:10], told["currency"]) == (WEEKS, "2026-01-30", "EUR")
    third = told["values"]["Rep 3"]
    assert (third["share"], third["leads"]) == (2 / 20, 20 / WEEKS)
    # The first lead came at noon 120 days ago, and it is 9 o'clock.
    assert third["tenure"] == pytest.approx(119.875 / 7, abs=0.05)
    assert third["deal_size"] is None  # its wins have no amounts
    nothing = {"share": None, "leads": 0, "deal_size": None, "tenure": 3}
    assert told["values"]["Rep 8"] == nothing
    baseline, _ = known(frozen_plan(found))
    assert baseline.without(Trait.SHARE) == ["Rep 7", "Rep 8"]


def test_deals_are_worth_what_is_known_of_them_in_the_company_s_currency(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    amounts = [(1000.0, "EUR"), (500.0, "USD"), (99.0, "GBP")]
    worth = [
        tell(f"old-Rep 5-{n}", day=-110, type="value_changed", value={"amount": a, "currency": c})
        for n, (a, c) in enumerate(amounts)
    ]
    assert ingest_events(session, worth, now=now).rejected == []
    found = drafted(session, plan, now, rates={"USD": 0.8})
    frozen, _ = known(planned(session, found, seed=1, now=now))
    # Of four wins one has no amount and one no rate: (1000 + 400) / 2.
    assert frozen.of(Trait.DEAL_SIZE)["Rep 5"] == 70000
    assert frozen.of(Trait.DEAL_SIZE)["Rep 1"] is None


def test_a_company_without_a_past_knows_how_long_reps_are_there_and_nothing_else(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    reps[0].joined_at = now + timedelta(days=1)
    baseline, balance = known(frozen_plan(launched(session, plan, now)))
    assert (baseline.weeks, baseline.until_at) == (0, None)
    for trait in (Trait.SHARE, Trait.LEADS, Trait.DEAL_SIZE):
        assert len(baseline.without(trait)) == 8
    assert baseline.without(Trait.TENURE) == ["Rep 1"]
    for row in balance.taken:
        assert row.balance.differences == (None, None)


def test_the_table_is_the_means_of_those_who_were_drawn(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps[:7], tell, now)
    frozen = frozen_plan(launched(session, plan, now))
    _, table = known(frozen)
    assert [row.trait for row in table.taken] == list(Trait)
    labels = np.array(drawn_labels(frozen))
    shares = np.array([*(n / 20 for n in range(7)), np.nan])
    means = [np.nanmean(shares[labels == at]) for at in (0, 1)]
    row = table.taken[0].balance
    assert list(row.means) == [pytest.approx(mean) for mean in means]
    control = frozen.variants.index(frozen.control)
    gap = (means[1 - control] - means[control]) / np.nanstd(shares, ddof=1)
    assert row.differences[1 - control] == pytest.approx(gap)
    assert sum(row.missing) == 1
    assert table.first == ()  # such a design takes what it draws


@pytest.fixture
def fourteen(session: Session, reps: list[Rep], now: datetime) -> list[Rep]:
    """Enough reps to choose among their splits."""
    return [*reps, *(people.add_rep(session, f"Sep {n}", team=None, now=now) for n in range(6))]


def balanced(plan: dict[str, Any], everyone: list[Rep]) -> dict[str, Any]:
    names = [rep.external_id for rep in everyone]
    return plan | {"design": "rerandomised", "teams": [], "reps": names}


def test_a_balanced_split_is_told_beside_the_first_draw_of_its_seed(
    session: Session, plan: dict[str, Any], fourteen: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, fourteen, tell, now)
    found = drafted(session, balanced(plan, fourteen), now)
    by_tries: dict[int, Plan] = {}
    for seed in (0, 1, 3):
        frozen = planned(session, found, seed=seed, now=now)
        by_tries[frozen.split.tried or 0] = frozen
    assert sorted(by_tries) == [1, 2, 3]
    for tried, frozen in by_tries.items():
        _, table = known(frozen)
        same = drawn_labels(frozen) == first_labels(frozen)
        assert same == (tried == 1)
        assert (table.first == table.taken) == same
    least, most = by_tries[1], by_tries[3]
    assert least.split.limit == most.split.limit


def test_a_design_that_balances_is_judged_among_the_splits_that_it_accepts(
    session: Session, plan: dict[str, Any], fourteen: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, fourteen, tell, now)
    found = launched(session, balanced(plan, fourteen), now)
    frozen = frozen_plan(found)
    ((variant, contrast),) = contrasts(frozen, Trait.SHARE)
    assert not variant.control
    design = design_of(frozen)
    assert isinstance(design, Rerandomised)
    shares = np.array([frozen.split.baseline[unit][0] for unit in design.units])
    every = design.every_draw()

    def gaps(labels: Any) -> Floats:
        found: Floats = np.abs(labels @ shares - (1 - labels) @ shares) / 7
        return found

    seen = gaps(np.array(drawn_labels(frozen)))
    assert contrast.p == pytest.approx(np.mean(gaps(every) >= seen - 1e-12))
    assert checked(session, found, now).passed


def test_other_designs_are_judged_by_welch(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    found = launched(session, plan, now)
    frozen = frozen_plan(found)
    ((_, contrast),) = contrasts(frozen, Trait.SHARE)
    labels = np.array(drawn_labels(frozen))
    shares = np.arange(8) / 20
    welch = ttest_ind(shares[labels == 0], shares[labels == 1], equal_var=False)
    assert contrast.p == pytest.approx(welch.pvalue)


@pytest.mark.parametrize("design", ["complete", "crossover"])
def test_reps_who_differed_before_are_a_warning_that_blocks_nothing(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime, design: str
) -> None:
    changed = {"design": design, "washout_days": 30} if design == "crossover" else {}
    found = drafted(session, plan, now, **changed)
    labels = drawn_labels(planned(session, found, seed=11, now=now))
    better = [rep for rep, label in zip(reps, labels, strict=True) if label]
    worse = [rep for rep, label in zip(reps, labels, strict=True) if not label]
    sold(session, [*worse, *better], tell, now)
    session.delete(found)
    session.flush()
    found = launched(session, plan, now, **changed)
    check = checked(session, found, now)
    shares = [
        each.value
        for each in check.figures
        if each.name is FigureName.SHARE_BEFORE and isinstance(each.value, float)
    ]
    # The worse won 0 to 3 of 20, the better 4 to 7.
    assert min(shares) == pytest.approx(1.5 / 20)
    assert max(shares) == pytest.approx(5.5 / 20)
    p = ttest_ind(np.arange(4), np.arange(4, 8), equal_var=False).pvalue
    assert check.figures[-1].value == pytest.approx(p)
    assert p < 0.01
    assert check.failed
    assert not check.prevents
    # Nobody can mend it, so nobody is called.
    assert alerts(session, now=now + timedelta(days=1)) == ()


def test_a_plan_of_an_older_version_is_read_and_says_nothing_of_before(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    found = launched(session, plan, now)
    written = json.loads(found.plan or "")
    for name in ("baseline", "balance", "code_version"):
        del written[name]
    found.plan = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    found.plan_hash = hash_of(found.plan)
    frozen = frozen_plan(found)
    assert (frozen.baseline, frozen.balance, frozen.code_version) == (None, None, "")
    check = checked(session, found, now)
    assert (check.state, check.figures) == (State.UNKNOWN, ())


def test_a_plan_is_read_as_it_was_written(
    session: Session, plan: dict[str, Any], fourteen: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, fourteen, tell, now)
    found = drafted(session, balanced(plan, fourteen), now)
    before = planned(session, found, seed=11, now=now)
    found = launched(session, balanced(plan, fourteen), now, name="Again")
    again = frozen_plan(found)
    assert (again.baseline, again.balance) == (before.baseline, before.balance)
    assert again.text() == found.plan


def test_split_leads_have_no_baseline_and_no_such_check(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    found = launched(session, plan, now, unit="lead")
    frozen = frozen_plan(found)
    assert (frozen.baseline, frozen.balance) == (None, None)
    assert frozen.code_version == code_version()
    health = health_on(session, found, now=now + timedelta(days=1))
    assert CheckName.BALANCE not in {each.name for each in health.checks}


def test_the_code_s_mark_changes_with_any_line_and_not_with_how_lines_end(tmp_path: Path) -> None:
    release, mark = code_version().split("+")
    assert release == version("stagelift")
    assert mark == mark_of(Path(assignment.__file__).parent)
    (tmp_path / "draw.py").write_bytes(b"one = 1\n")
    first = mark_of(tmp_path)
    (tmp_path / "draw.py").write_bytes(b"one = 1\r\n")
    assert mark_of(tmp_path) == first
    (tmp_path / "draw.py").write_bytes(b"one = 2\n")
    assert mark_of(tmp_path) != first
