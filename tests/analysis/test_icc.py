"""The intracluster correlation against R and against its definition on leads."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import f as f_distribution

from analysis.icc import anova, anova_icc, design_effect
from analysis.sufficient import RepTotals
from tests.analysis.conftest import Trial


# R 4.2.2: one-way analysis of variance of all reps, without regard to variants.
@pytest.mark.parametrize(
    ("name", "icc"),
    [("crt06", 0.04214328790036), ("crt10", 0.05296564345763), ("crt20", 0.03535631122992)],
)
def test_matches_r_where_there_are_no_variants(
    name: str, icc: float, trial: Callable[[str], Trial]
) -> None:
    assert anova_icc([trial(name).totals]) == pytest.approx(icc, rel=1e-10)


def test_an_effect_between_variants_is_not_counted_as_likeness(
    trial: Callable[[str], Trial],
) -> None:
    data = trial("crt10")
    arms = [data.totals.of(~data.treated), data.totals.of(data.treated)]
    # Its reference: .015 within variants against .053 pooled.
    assert anova_icc(arms) == pytest.approx(0.015, abs=0.0005)


def test_amounts_about_a_centre_give_the_same_as_the_leads_themselves() -> None:
    rng = np.random.default_rng(3)
    leads = [rng.normal(1e9 + rng.normal(0, 0.5), 1, size=size) for size in (30, 40, 10, 25)]
    centre = 1e9
    totals = RepTotals(
        tuple("abcd"),
        np.array([len(each) for each in leads]),
        np.array([each.sum() for each in leads]),
        np.array([((each - centre) ** 2).sum() for each in leads]),
        centre,
    )
    mean = np.concatenate(leads).mean()
    within = sum(float(((each - each.mean()) ** 2).sum()) for each in leads) / (105 - 4)
    between = sum(len(each) * float(each.mean() - mean) ** 2 for each in leads) / 3
    size = (105 - sum(len(each) ** 2 for each in leads) / 105) / 3
    expected = (between - within) / (between + (size - 1) * within)
    assert anova_icc([totals]) == pytest.approx(expected, rel=1e-4)


def test_reps_without_leads_do_not_count() -> None:
    plain = RepTotals.of_counts("ab", [10, 12], [2, 7])
    padded = RepTotals.of_counts("acb", [10, 0, 12], [2, 0, 7])
    nobody = RepTotals.of_counts("d", [0], [0])
    assert anova_icc([padded, nobody]) == anova_icc([plain])


@pytest.mark.parametrize(
    "totals",
    [
        RepTotals.of_counts("a", [10], [3]),
        RepTotals.of_counts("ab", [1, 1], [0, 1]),
        RepTotals.of_counts("ab", [5, 5], [0, 0]),
    ],
)
def test_there_is_none_where_nothing_can_be_compared(totals: RepTotals) -> None:
    assert anova_icc([totals]) is None


def test_reps_more_alike_than_by_chance_give_a_negative_one() -> None:
    icc = anova_icc([RepTotals.of_counts("ab", [10, 10], [5, 5])])
    assert icc is not None
    # By hand: no variance between, so −1/(n − 1).
    assert icc == pytest.approx(-1 / 9)


# R 4.2.2: mean squares, n0 and leads of the same analysis.
SQUARES = {
    "crt06": (0.6002566207571, 0.2238064079488, 38.23025210084, 5, 232),
    "crt10": (1.133155534239, 0.1667876198991, 103.597714071576, 9, 1176),
    "crt20": (0.8330351034784, 0.1741985893637, 103.188905475033, 19, 2166),
}


@pytest.mark.parametrize("name", sorted(SQUARES))
def test_mean_squares_and_searle_s_interval_match_r(
    name: str, trial: Callable[[str], Trial]
) -> None:
    between, within, size, df1, df2 = SQUARES[name]
    found = anova([trial(name).totals])
    assert found is not None
    assert (found.df_between, found.df_within) == (df1, df2)
    assert [found.between, found.within, found.size] == pytest.approx(
        [between, within, size], rel=1e-10
    )
    # Searle (1971), as R's ICC::ICCest writes it down.
    ratio = between / within
    expected = []
    for quantile in (0.975, 0.025):
        own = ratio / f_distribution.ppf(quantile, df1, df2)
        expected.append((own - 1) / (own + size - 1))
    assert found.interval() == pytest.approx(tuple(expected), rel=1e-9)


def test_the_interval_holds_the_likeness_of_normal_leads_as_often_as_it_says() -> None:
    # Seeded; 12 reps of 10 normal leads, likeness 0.2: exact there. Four standard errors.
    rng = np.random.default_rng(12)
    held, runs = 0, 1500
    for _ in range(runs):
        leads = rng.normal(0, 1, (12, 10)) + rng.normal(0, 0.5, (12, 1))
        totals = RepTotals(
            tuple("abcdefghijkl"),
            np.full(12, 10),
            leads.sum(axis=1),
            np.square(leads).sum(axis=1),
            0.0,
        )
        found = anova([totals])
        assert found is not None
        low, high = found.interval() or (1, -1)
        held += low <= 0.2 <= high
    assert held / runs == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / runs) ** 0.5)


def test_where_nothing_varies_there_is_no_interval() -> None:
    found = anova([RepTotals.of_counts("ab", [3, 4], [0, 0])])
    assert found is not None
    assert (found.icc, found.interval()) == (None, None)


def test_the_design_effect_is_kish_s(trial: Callable[[str], Trial]) -> None:
    # R: 1 + ((1 + cv^2) mean n - 1) icc of crt06; its cv divides by n.
    leads = trial("crt06").totals.n
    assert design_effect(0.04214328790036, leads) == pytest.approx(2.93221662844, rel=0.05)
    assert design_effect(-0.01, leads) == 1
    assert design_effect(0.5, [1, 1, 1]) == 1
