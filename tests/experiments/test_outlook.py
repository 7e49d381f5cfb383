"""What a past says of its team, where the truth is known."""

import numpy as np
import pytest

from experiments.feasibility.outlook import outlook, spread_of
from experiments.problem import Refused
from tests.experiments.pasts import believable, past


def test_reps_who_stay_as_they_are_are_steady_and_foreseeable() -> None:
    # Rates by beta(4, 12): an ICC of 1/17; 26 weeks of six leads each.
    seen = outlook(believable(200, 52))
    assert seen.spread.rate == pytest.approx(0.25, abs=0.02)
    assert seen.icc == pytest.approx(1 / 17, abs=0.012)
    assert seen.steadiness == pytest.approx(1, abs=0.1)
    reliability = (1 / 17) / (1 / 17 + (16 / 17) / 156)
    assert seen.foresight == pytest.approx(reliability**0.5, abs=0.1)
    assert seen.weekly.mean() == pytest.approx(6, rel=0.02)
    team = seen.team()
    assert (team.known.mean(), team.known.std()) == pytest.approx((0, 1))


def test_reps_who_change_are_not() -> None:
    rng = np.random.default_rng(2)
    halves = np.repeat(rng.beta(4, 12, size=(200, 2)), 26, axis=1)
    leads = np.full((200, 52), 6)
    seen = outlook(past(leads, rng.binomial(leads, halves)))
    assert seen.steadiness == pytest.approx(0, abs=0.2)
    assert seen.foresight < 0.2


def test_reps_who_are_alike_leave_nothing_to_foresee() -> None:
    leads = np.full((12, 52), 5)
    seen = outlook(past(leads, np.tile(np.arange(52) % 2, (12, 1))))
    assert (seen.icc, seen.foresight, seen.steadiness) == (0.0, 0.0, None)
    assert not seen.team().known.any()


def test_a_short_past_does_not_say_how_steady_reps_are() -> None:
    seen = outlook(believable(12, 15))
    assert (seen.steadiness, seen.foresight, seen.weeks) == (None, 0.0, 15)
    assert seen.team().steadiness == 0


def test_reps_who_came_lately_do_not_say_how_steady_they_are() -> None:
    leads = np.zeros((8, 40), dtype=np.int64)
    leads[:, 30:] = 4
    leads[:3] = 4
    assert outlook(past(leads, leads // 2)).steadiness is None


@pytest.mark.parametrize(
    ("leads", "reached", "where"),
    [
        (np.zeros((0, 0), dtype=int), np.zeros((0, 0), dtype=int), "horizon"),
        (np.full((3, 9), 5), np.full((3, 9), 2), "team"),
        (np.full((8, 9), 5), np.full((8, 9), 5), "milestone"),
    ],
)
def test_a_past_that_says_nothing_is_refused(
    leads: np.ndarray, reached: np.ndarray, where: str
) -> None:
    with pytest.raises(Refused) as refused:
        outlook(past(leads, reached))
    assert refused.value.problems[0].where == where


def test_spread_is_told_with_its_intervals() -> None:
    found = spread_of(believable(20, 26), 26)
    assert found.icc is not None
    assert found.icc_interval is not None
    assert found.icc_interval[0] < found.icc < found.icc_interval[1]
    assert found.cv_interval[0] < found.cv < (found.cv_interval[1] or 9)
