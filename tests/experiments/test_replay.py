"""The company's past: counted by week, split at random, tested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.planned_design import Design
from experiments.feasibility.replay import replay, usual_weeks
from experiments.feasibility.tried_splits import FEWEST_REPS
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.problem import Refused
from experiments.process import Milestone, ProcessVersion
from experiments.sales_history import SalesHistory, sales_history
from tests.experiments.conftest import Tell
from tests.experiments.pasts import believable, past


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("design", list(Design))
def test_an_unchanged_past_is_called_significant_as_often_as_promised(
    design: Design, adjusted: bool
) -> None:
    adjusted = adjusted and design.splits_reps
    found = replay(
        believable(20, 40), weeks=[8], runs=1500, design=design, adjusted=adjusted, seed=3
    )
    assert abs(found.false_positives - 0.05) < 4 * found.false_positives_se
    # Ten pairs have 1,024 splits, of which 50 are fewer than a twentieth.
    assert found.attainable == (50 / 1024 if design is Design.PAIRED else 0.05)


def test_few_reps_attain_what_their_draws_allow() -> None:
    # 70 splits of 8 reps in halves: p can be 2/70 = 0.029, the next is 4/70 = 0.057.
    found = replay(believable(8, 8), weeks=[8], runs=2000)
    assert found.attainable == pytest.approx(2 / 70)
    assert found.false_positives == pytest.approx(2 / 70, abs=4 * found.false_positives_se)
    # 35 splits of 7 reps into 4 and 3, without mirror images: 1/35 is allowed.
    assert replay(believable(7, 8), weeks=[8], runs=50).attainable == pytest.approx(1 / 35)


def test_six_reps_find_nothing() -> None:
    found = replay(believable(6, 8), weeks=[8], runs=100)
    assert (found.attainable, found.false_positives) == (0.0, 0.0)
    assert found.detectable[0].effect is None


def test_longer_tests_find_smaller_differences() -> None:
    told: list[tuple[int, int]] = []
    found = replay(
        believable(20, 26, alike=100),
        weeks=[26, 4, 13, 4],
        runs=300,
        progress=lambda done, of: told.append((done, of)),
    )
    assert [each.weeks for each in found.detectable] == [4, 13, 26]
    effects = [each.effect for each in found.detectable]
    assert None not in effects
    assert effects == sorted(effects, reverse=True)  # type: ignore[type-var]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_who_was_alike_before_and_both_variants_within_reps_find_less() -> None:
    past = believable(20, 52)
    least = {
        design: replay(past, weeks=[16], runs=300, design=design).detectable[0].effect or 1.0
        for design in Design
    }
    # These reps stay as they are, and differ by far more than chance.
    assert least[Design.RERANDOMISED] < 0.7 * least[Design.COMPLETE]
    assert least[Design.PAIRED] < 0.9 * least[Design.COMPLETE]
    assert max(least[Design.CROSSOVER], least[Design.LEADS]) < 0.5 * least[Design.COMPLETE]


def test_a_crossover_waits_for_a_horizon_between_its_periods() -> None:
    # 60 days are nine weeks: of 52 weeks the first and the last four of the latest 17 count.
    found = replay(believable(20, 52), weeks=[8], runs=50, design=Design.CROSSOVER)
    leads = believable(20, 52).leads
    counted = leads[:, -4:].sum() + leads[:, -17:-13].sum()
    assert found.detectable[0].leads == counted
    assert found.detectable[0].total_weeks == pytest.approx(8 + 2 * 60 / 7)


def test_a_past_too_short_for_what_a_design_must_know_is_refused() -> None:
    for design in (Design.PAIRED, Design.CROSSOVER):
        with pytest.raises(Refused, match="too few to replay this design"):
            replay(believable(20, 9), weeks=[1], runs=50, design=design)
        assert usual_weeks(believable(20, 9), design) == [1]
    assert usual_weeks(believable(5, 24), Design.PAIRED) == [4, 8, 13]


def test_the_same_seed_tells_the_same() -> None:
    first, again = (replay(believable(12, 8), weeks=[8], runs=200, seed=9) for _ in range(2))
    assert first == again


def test_reps_who_always_win_cannot_win_more() -> None:
    leads = np.full((10, 4), 5)
    found = replay(past(leads, leads.copy()), weeks=[4], runs=50)
    assert found.detectable[0].effect is None
    assert found.spread.icc is None


@pytest.mark.parametrize(
    ("history", "weeks", "runs", "where"),
    [
        (past(np.zeros((0, 0), dtype=int), np.zeros((0, 0), dtype=int)), [4], 10, "horizon"),
        (believable(10, 4), [5], 10, "weeks"),
        (believable(10, 4), [0], 10, "weeks"),
        (believable(10, 4), [], 10, "weeks"),
        (believable(10, 4), [4], 0, "runs"),
        (believable(FEWEST_REPS - 1, 4), [4], 10, "weeks"),
    ],
)
def test_a_past_too_thin_is_refused(
    history: SalesHistory, weeks: list[int], runs: int, where: str
) -> None:
    with pytest.raises(Refused) as refused:
        replay(history, weeks=weeks, runs=runs)
    assert refused.value.problems[0].where == where


def test_the_usual_lengths_are_those_that_fit() -> None:
    assert usual_weeks(believable(5, 14)) == [4, 8, 13]
    assert usual_weeks(believable(5, 3)) == [3]


@pytest.fixture
def happened(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> Callable[..., None]:
    """A lead of the past: `happened("L1", rep=0, day=3, won_after=10)`."""

    def make(lead: str, *, rep: int, day: float, won_after: float | None = None) -> None:
        owner = reps[rep].external_id
        events = [tell(lead, day=day, type="created", owner_id=owner)]
        if won_after is not None:
            events.append(tell(lead, "Won", day=day + won_after))
        result = ingest_events(session, events, now=now + timedelta(days=45))
        assert result.rejected == []

    return make


def test_the_past_is_counted_by_week_rep_and_horizon(
    session: Session, reps: list[Rep], happened: Callable[..., None], now: datetime
) -> None:
    happened("in time", rep=0, day=1, won_after=29)
    happened("late", rep=0, day=1.5, won_after=31)
    happened("never", rep=1, day=12)
    happened("too young", rep=1, day=25)
    found = sales_history(session, now=now + timedelta(days=50), horizon_days=30)
    assert found.reps == (reps[0].external_id, reps[1].external_id)
    assert found.teams == ("Berlin", "Berlin")
    assert found.leads.sum(axis=1).tolist() == [2, 1]
    assert found.reached.sum(axis=1).tolist() == [1, 0]
    leads, reached = found.latest(found.weeks)
    assert (leads.tolist(), reached.tolist()) == ([2, 1], [1, 0])


def test_another_milestone_and_another_team_are_counted_too(
    session: Session, happened: Callable[..., None], now: datetime
) -> None:
    happened("won", rep=0, day=1, won_after=5)
    later = now + timedelta(days=50)
    demo = sales_history(session, now=later, horizon_days=30, milestone=Milestone.DEMO)
    assert (demo.leads.sum(), demo.reached.sum()) == (1, 0)
    with pytest.raises(Refused, match="Lyon"):
        sales_history(session, now=later, horizon_days=30, teams=("Lyon",))


def test_before_the_first_lead_there_is_no_past(session: Session, now: datetime) -> None:
    assert sales_history(session, now=now, horizon_days=30).weeks == 0
