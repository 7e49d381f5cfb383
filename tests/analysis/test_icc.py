"""The intracluster correlation against R and against its definition on leads."""

from collections.abc import Callable

import numpy as np
import pytest

from analysis.icc import anova_icc
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
