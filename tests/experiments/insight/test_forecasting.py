"""The forecast from events: what is counted by month, and the trial on real deals."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scipy.stats import binomtest
from sqlalchemy.orm import Session

from experiments.experiment import Experiment
from experiments.insight.cohort import LONGEST_HORIZON, Scope, cohort
from experiments.insight.forecasting import Parts, forecast
from experiments.insight.pipelines import Pipelines, pipelines
from experiments.people import Rep
from experiments.problem import NotFound, Refused
from experiments.store.engine import make_engine
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past
from web.cli import main

WON = [("New", 1.0), ("Qualify", 2.0), ("Won", 9.0)]


def worth(tell: Tell, lead: str, day: float, amount: str, currency: str = "EUR") -> dict[str, Any]:
    value = {"amount": amount, "currency": currency}
    return tell(lead, day=day, type="value_changed", value=value)


def counted(session: Session, *, now: datetime = LATER) -> Pipelines:
    found = cohort(session, Scope(LONGEST_HORIZON), now=now)
    got = pipelines(session, found, found.leads.experiment_id)
    assert got is not None
    return got


def test_leads_are_counted_by_the_months_in_which_they_began_stood_and_were_won(
    session: Session, past: Past, tell: Tell
) -> None:
    # Day 1 is the 3rd of March; day 40 the 11th of April.
    past({"a": (0, WON), "b": (1, [("New", 1), ("Lost", 35)])}, more=[worth(tell, "a", 2, "100")])
    past({"c": (0, [("New", 1), ("Won", 60)])}, day=40, more=[])
    found = counted(session)
    assert found.months[:2] == (date(2026, 3, 1), date(2026, 4, 1))
    assert found.months[-1] == date(2026, 8, 1)
    (group,) = found.groups.values()
    assert group.begun.tolist() == [2, 1, 0, 0, 0, 0]
    assert group.deals.tolist() == [1, 0, 0, 1, 0, 0]
    assert group.value.tolist() == [10_000.0, 0, 0, 0, 0, 0]
    assert group.begun_won[0, 0] == group.begun_won[1, 3] == 1
    assert found.foreign == 1
    rows = sorted(tuple(row) for row in group.stays[:, 1:].tolist())
    assert rows == [(0, 0, 0, 1), (0, 0, 0, 1), (0, 1, 6, 1), (1, 3, 3, 1)]


def test_value_in_another_currency_counts_as_nothing_and_is_told(
    session: Session, past: Past, tell: Tell
) -> None:
    past({"a": (0, WON)}, more=[worth(tell, "a", 2, "100", "USD")])
    found = counted(session)
    assert found.foreign == 1
    assert next(iter(found.groups.values())).value.sum() == 0


def test_a_month_that_is_not_over_stands_apart(session: Session, past: Past, tell: Tell) -> None:
    past({"a": (0, WON)}, more=[worth(tell, "a", 2, "100")])
    past({"b": (0, WON)}, day=32, more=[worth(tell, "b", 34, "70")], at=LATER)
    now = datetime(2026, 4, 20, tzinfo=UTC)
    told = forecast(session, Parts.TEAM, now=now).whole
    assert told is None  # what was recorded in September was not known in April
    found = forecast(session, Parts.TEAM, now=LATER)
    assert found.whole is not None
    assert [each.month for each in found.whole.months] == [
        date(2026, 9, 1),
        date(2026, 10, 1),
        date(2026, 11, 1),
    ]
    assert (found.whole.so_far, found.currency) == (0, "EUR")
    assert [each.name for each in found.groups] == ["Berlin"]


def test_without_a_month_that_is_over_there_is_no_forecast(session: Session, past: Past) -> None:
    found = forecast(session, Parts.TEAM, now=LATER)
    assert (found.whole, found.groups, found.score) == (None, (), None)
    past({"a": (0, [("New", 1.0)])})
    assert forecast(session, Parts.PROCESS, now=LATER).whole is None


def test_variants_are_forecast_only_where_their_effects_may_be_seen(
    session: Session, running: Experiment, reps: list[Rep], past: Past, tell: Tell
) -> None:
    early = LATER - timedelta(days=140)
    past({"a": (0, WON), "b": (1, WON)}, more=[worth(tell, "a", 2, "100")], at=early)
    with pytest.raises(Refused, match="not to be seen yet"):
        forecast(session, Parts.VARIANT, now=early, test=running.key)
    with pytest.raises(Refused, match="test: Choose the test"):
        forecast(session, Parts.VARIANT, now=early)
    with pytest.raises(NotFound):
        forecast(session, Parts.VARIANT, now=early, test="nothing")
    running.stopped_at = early
    found = forecast(session, Parts.VARIANT, now=early, test=running.key)
    assert {each.name for each in found.groups} <= {"Discovery first", "Demo first"}


@pytest.fixture
def real(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store with the real deals, its offices as teams."""
    url = f"sqlite:///{tmp_path / 'real.sqlite'}"
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", url)
    for name in ("crm_sales_pipeline.csv", "crm_sales_teams.csv"):
        shutil.copy(shared_data / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in (
        "company set --name Trial --time-zone America/New_York --currency USD",
        "import deals crm_sales_pipeline.csv --teams crm_sales_teams.csv",
    ):
        done = CliRunner().invoke(main, line.split())
        assert done.exit_code == 0, done.output
    return url


@pytest.mark.slow
def test_on_real_deals_intervals_hold_and_last_month_again_is_beaten(real: str) -> None:
    engine = make_engine(real)
    with Session(engine) as session:
        found = forecast(session, Parts.TEAM, now=datetime.now(UTC))
    engine.dispose()
    assert [each.name for each in found.groups] == ["Central", "East", "West"]
    # Every office in every month that has one with wins before it: April to December.
    assert [len(each.past) for each in found.groups] == [9, 9, 9]
    result = found.score
    assert result is not None
    assert binomtest(result.covered, result.trials, 0.8).pvalue > 0.05
    assert result.error < result.naive_error
