"""Many splits by each design, judged as a report would judge each."""

import numpy as np
import pytest

from analysis.covariate import randomization_ancova
from analysis.estimate import Estimate
from analysis.planned_design import Design
from analysis.randomization import randomization_test
from assignment.design import seeded
from experiments.feasibility.tried_splits import KnownReps, TriedSplits
from experiments.problem import Refused

SPLITTING = [each for each in Design if each is not Design.LEADS]


def reps(count: int, *, known: bool = True) -> KnownReps:
    rng = np.random.default_rng(count)
    names = tuple(f"rep {place:02d}" for place in rng.permutation(count))
    before = rng.random((count, 2)) if known else np.zeros((count, 2))
    return KnownReps(names, tuple("ns"[place % 2] for place in range(count)), before)


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("kind", SPLITTING)
def test_each_split_is_judged_as_the_report_would(kind: Design, adjusted: bool) -> None:
    known, rng = reps(14), seeded(1)
    tried = TriedSplits.of(kind, known, runs=40, rng=rng, adjusted=adjusted)
    outcomes = np.random.default_rng(2).random((40, 14)) + 0.4 * tried.happened
    found = tried.found(outcomes, alpha=0.05)
    assert 0 < found.sum() < 40
    for rates, treated, significant in zip(outcomes, tried.happened, found, strict=True):
        again, exact = tried.redraws, tried.exact
        alone = (
            randomization_ancova(rates, treated, known.before[:, 0], again, exact=exact)
            if adjusted
            else randomization_test(rates, treated, again, exact=exact)
        )
        assert isinstance(alone, Estimate)
        assert significant == (alone.p <= 0.05)


def test_pairs_teams_and_balance_are_kept_in_every_split() -> None:
    known = reps(16)
    of_team = TriedSplits.of(Design.BY_TEAM, known, runs=50, rng=seeded(1)).happened
    north = np.array([team == "n" for team in known.teams])
    assert set(of_team[:, north].sum(axis=1).tolist()) == {4}
    gaps = {
        kind: np.abs(
            [
                known.before[split].mean(axis=0) - known.before[~split].mean(axis=0)
                for split in TriedSplits.of(kind, known, runs=300, rng=seeded(2)).happened
            ]
        ).mean()
        for kind in (Design.COMPLETE, Design.PAIRED, Design.RERANDOMISED)
    }
    assert gaps[Design.PAIRED] < gaps[Design.COMPLETE]
    assert gaps[Design.RERANDOMISED] < gaps[Design.COMPLETE] / 2


@pytest.mark.parametrize(
    ("kind", "attainable", "smallest"),
    [
        # 70 splits of 8 reps, 36 of two teams of 4, 16 of 4 pairs; a mirror image each.
        (Design.COMPLETE, 2 / 70, 2 / 70),
        (Design.BY_TEAM, 0.0, 2 / 36),
        (Design.PAIRED, 0.0, 2 / 16),
    ],
)
def test_few_reps_attain_what_their_draws_allow(
    kind: Design, attainable: float, smallest: float
) -> None:
    tried = TriedSplits.of(kind, reps(8), runs=10, rng=seeded(1))
    assert tried.attainable(0.05) == pytest.approx(attainable)
    assert tried.smallest_p == pytest.approx(smallest)
    many = TriedSplits.of(kind, reps(30), runs=10, rng=seeded(1))
    assert many.attainable(0.05) == 0.05
    # Of the 32,768 splits of 15 pairs a report lists all.
    least = 2 / 2**15 if kind is Design.PAIRED else 1 / 20_001
    assert many.smallest_p == least


@pytest.mark.parametrize(
    ("kind", "count", "known", "said"),
    [
        (Design.COMPLETE, 3, True, "3 reps are too few"),
        (Design.PAIRED, 8, False, "no leads from before"),
        (Design.RERANDOMISED, 8, True, "70 ways to split are too few"),
    ],
)
def test_reps_who_cannot_be_split_so_are_refused(
    kind: Design, count: int, known: bool, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        TriedSplits.of(kind, reps(count, known=known), runs=10, rng=seeded(1))


def test_a_covariate_that_is_the_same_for_all_is_none() -> None:
    tried = TriedSplits.of(
        Design.COMPLETE, reps(10, known=False), runs=5, rng=seeded(1), adjusted=True
    )
    assert tried.covariate is None
