"""Leads split account by account, from the events to the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.cluster_robust import cr2
from analysis.estimate import Estimate, NotEstimable, Why
from analysis.sufficient import RepTotals
from experiments import experiment_draft, life, report
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.lead_export import as_csv, lead_rows
from experiments.looks import planned_looks, take_look
from experiments.people import Rep
from experiments.plan import frozen_plan
from tests.experiments.conftest import Tell
from tests.experiments.test_lead_export import counted_again, of_report
from tests.experiments.test_values import eur
from tests.experiments.worlds import LATER, primary

# Three leads an account, each another rep's, and two leads without any.
LEADS = {f"L{n}": f"A{n // 3}" for n in range(60)} | {"M1": None, "M2": None}

Launch = Callable[..., Experiment]


@pytest.fixture
def launch(session: Session, plan: dict[str, Any], now: datetime) -> Launch:
    """Launches the plan with leads split by account."""

    def make(**more: Any) -> Experiment:
        asked = plan | {"unit": "lead", "by_account": True} | more
        found = experiment_draft.create(session, experiment_draft.checked(asked), by=None, now=now)
        life.launch(session, found, seed=5, by=None, now=now)
        return found

    return make


def sold(
    session: Session, reps: list[Rep], tell: Tell, *, now: datetime = LATER
) -> dict[str, int]:
    """Most of an account's leads end alike; what those bring that are won, in euros."""
    events, worth = [], {}
    for at, (lead, account) in enumerate(LEADS.items()):
        owner = reps[at % 8].external_id
        begun = tell(lead, day=1, type="created", owner_id=owner)
        events.append(begun | ({"account_id": account} if account else {}))
        if (at // 3) % 3 == 0 or at % 10 == 0:
            worth[lead] = 100 + at
            events.append(tell(lead, day=2, type="value_changed", **eur(100 + at)))
        events.append(tell(lead, "Won" if lead in worth else "Lost", day=3))
    assert ingest_events(session, events, now=now).rejected == []
    return worth


def totals(amounts: dict[str, int]) -> RepTotals:
    """Leads of each account, and the sum of what they brought."""
    sums: dict[str, list[int]] = {}
    for lead, account in LEADS.items():
        sums.setdefault(f"account:{account}" if account else lead, []).append(amounts.get(lead, 0))
    n = np.array([len(each) for each in sums.values()])
    total = np.array([float(sum(each)) for each in sums.values()])
    return RepTotals(tuple(sums), n, total, np.zeros(len(n)), 0.0)


@pytest.mark.parametrize("metric", ["won", "value_per_lead"])
def test_accounts_are_compared_and_not_their_leads(
    metric: str, session: Session, launch: Launch, reps: list[Rep], tell: Tell
) -> None:
    found = launch(metric=metric)
    worth = sold(session, reps, tell)

    (comparison,) = primary(report.build(session, found, now=LATER)).comparisons

    # A cent is the unit of amounts.
    wins = {lead: 1 if metric == "won" else 100 * each for lead, each in worth.items()}
    accounts, split = totals(wins), assignments(session, found)
    treated = np.array([split[each] == found.variants[1].id for each in accounts.reps])
    expected = cr2(accounts, treated)
    assert comparison.methods.primary == "account_cr2"
    assert isinstance(comparison.result, Estimate)
    assert isinstance(expected, Estimate)
    assert comparison.result.effect == pytest.approx(expected.effect)
    assert comparison.result.ci == pytest.approx(expected.ci)
    assert comparison.result.df == pytest.approx(expected.df)


def test_accounts_counted_again_from_the_export_give_the_report_s_numbers(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, tmp_path: Path
) -> None:
    found = launch()
    sold(session, reps, tell)
    text = as_csv(lead_rows(session, found, now=LATER, matured=True))
    again = counted_again(tmp_path / "leads.csv", text, "--account", "unit")
    told = again["comparisons"][0]["estimates"]["account_cr2"]
    by_report = of_report(session, found)["account_cr2"]
    assert told.pop("ci") == pytest.approx(list(by_report.pop("ci")))
    assert told == pytest.approx(by_report)


def test_looks_know_as_much_as_their_accounts_tell(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell
) -> None:
    found = launch(looks=3)
    first, second, _ = [
        each.due_at + timedelta(hours=1) for each in planned_looks(frozen_plan(found))
    ]
    take_look(session, found, by=None, now=first)
    worth = sold(session, reps, tell, now=second)
    take_look(session, found, by=None, now=second)

    methods = primary(report.build(session, found, now=LATER)).comparisons[0].methods

    # The first look knew nothing, and the last knows what the second did: it has all of alpha.
    accounts, split = totals(dict.fromkeys(worth, 1)), assignments(session, found)
    treated = np.array([split[each] == found.variants[1].id for each in accounts.reps])
    alone = cr2(accounts, treated)
    assert methods.primary == "group_sequential"
    assert isinstance(methods.result, Estimate)
    assert isinstance(alone, Estimate)
    assert methods.result.p == pytest.approx(alone.p, rel=1e-6)


def test_without_leads_of_both_variants_there_is_nothing_to_compare(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell
) -> None:
    found = launch()
    one = tell("L1", day=1, type="created", owner_id=reps[0].external_id, account_id="A1")
    ingest_events(session, [one, tell("L1", "Won", day=2)], now=LATER)
    (comparison,) = primary(report.build(session, found, now=LATER)).comparisons
    assert comparison.result == NotEstimable(Why.NO_LEADS)
