"""One test of whether segments differ in the effect."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.heterogeneity import Heterogeneity, lead_heterogeneity, rep_heterogeneity
from analysis.proportion import Stratum, score_difference
from analysis.rep_level import rep_welch
from analysis.sufficient import Bools, Counts, Floats, Ints
from assignment.design import Complete
from assignment.stratified import Stratified

SEGMENTS = np.array([0, 0, 0, 0, 1, 1, 1, 1])
NAMES = tuple("abcdefgh")
DESIGN = Stratified((Complete(NAMES[:4], (2, 2)), Complete(NAMES[4:], (2, 2))))
EVERY: Bools = DESIGN.every_draw() == 1
RATES = np.array([0.10, 0.14, 0.21, 0.17, 0.30, 0.28, 0.22, 0.41])


def _by_definition(rates: Floats, treated: Bools, segments: Ints) -> float:
    """Cochran's statistic, a segment at a time."""
    differences, weights = [], []
    for each in np.unique(segments):
        arms = [rates[(segments == each) & (treated == arm)] for arm in (False, True)]
        differences.append(arms[1].mean() - arms[0].mean())
        weights.append(1 / sum(arm.var(ddof=1) / len(arm) for arm in arms))
    mean = np.average(differences, weights=weights)
    return float(np.sum(np.array(weights) * (differences - mean) ** 2))


def _tested(rates: Floats, treated: Bools, every: Bools = EVERY) -> Heterogeneity:
    found = rep_heterogeneity(rates, treated, SEGMENTS, every, exact=True)
    assert isinstance(found, Heterogeneity)
    return found


def test_the_statistic_and_its_p_are_those_of_the_definition() -> None:
    treated = EVERY[9]
    found = _tested(RATES, treated)
    assert found.statistic == pytest.approx(_by_definition(RATES, treated, SEGMENTS))
    # The same effect everywhere is the mean of both segments', which are of equal size.
    shifts = [
        RATES[treated & (s == SEGMENTS)].mean() - RATES[~treated & (s == SEGMENTS)].mean()
        for s in (0, 1)
    ]
    left = RATES - np.mean(shifts) * treated
    again = np.array([_by_definition(left, split, SEGMENTS) for split in EVERY])
    assert found.p == pytest.approx(np.mean(again >= found.statistic * (1 - 1e-9)))
    assert found.draws == len(EVERY) == 36


def test_each_segment_has_its_own_difference() -> None:
    treated = EVERY[9]
    found = _tested(RATES, treated)
    for each, effect in enumerate(found.effects):
        mine = each == SEGMENTS
        assert effect == rep_welch(RATES[mine], treated[mine])


def test_a_common_effect_changes_nothing() -> None:
    treated = EVERY[20]
    alone, shifted = _tested(RATES, treated), _tested(RATES + 0.4 * treated, treated)
    assert shifted.p == pytest.approx(alone.p)
    assert shifted.statistic == pytest.approx(alone.statistic)


def test_effects_that_oppose_each_other_are_seen() -> None:
    treated = EVERY[0]
    opposed = RATES + np.where(SEGMENTS == 0, 1.0, -1.0) * treated
    assert _tested(opposed, treated).p <= 4 / 36


def test_over_all_splits_without_any_difference_it_errs_about_as_promised() -> None:
    # The common effect is estimated, so this is near and not exact.
    ps = np.array([_tested(RATES, split).p for split in EVERY])
    assert np.mean(ps <= 0.2) <= 0.2 + 4 / 36


def test_redraws_that_leave_a_segment_too_few_reps_say_nothing() -> None:
    whole: Bools = Complete(NAMES, (4, 4)).every_draw() == 1
    found = rep_heterogeneity(RATES, EVERY[9], SEGMENTS, whole, exact=True)
    assert isinstance(found, Heterogeneity)
    assert found.draws == 36


def test_too_few_reps_or_segments_have_no_test() -> None:
    treated = EVERY[9]
    one = rep_heterogeneity(RATES, treated, np.zeros(8, dtype=np.int64), EVERY, exact=True)
    assert one == NotEstimable(Why.ONE_SEGMENT)
    lone = np.array([0, 0, 0, 0, 0, 0, 0, 1])
    few = rep_heterogeneity(RATES, treated, lone, EVERY, exact=True)
    assert few == NotEstimable(Why.TOO_FEW_REPS)
    flat = rep_heterogeneity(np.zeros(8), treated, SEGMENTS, EVERY, exact=True)
    assert flat == NotEstimable(Why.TOO_FEW_REPS)
    with pytest.raises(ValueError, match="each rep has a segment"):
        rep_heterogeneity(RATES, treated, SEGMENTS[:3], EVERY, exact=True)


STRATA = (
    Stratum(Counts(100, 20), Counts(110, 35)),
    Stratum(Counts(80, 30), Counts(90, 32)),
    Stratum(Counts(150, 15), Counts(140, 30)),
)


def test_split_leads_are_tested_by_cochran_s_q() -> None:
    found = lead_heterogeneity(STRATA)
    assert isinstance(found, Heterogeneity)
    # What a weighted fit of one common difference leaves over.
    differences = np.array([s.treatment.rate - s.control.rate for s in STRATA])
    variances = np.array(
        [
            s.treatment.rate * (1 - s.treatment.rate) / s.treatment.n
            + s.control.rate * (1 - s.control.rate) / s.control.n
            for s in STRATA
        ]
    )
    root = 1 / np.sqrt(variances)
    _, left, *_ = np.linalg.lstsq(root[:, np.newaxis], root * differences)
    assert found.statistic == pytest.approx(float(left[0]))
    assert (found.df, found.draws) == (2, None)
    assert found.p == pytest.approx(float(chi2.sf(left[0], 2)))
    first = score_difference(STRATA[0].control, STRATA[0].treatment)
    assert isinstance(first, Estimate)
    assert found.effects[0] == first


def test_split_leads_without_segments_or_spread_have_no_test() -> None:
    assert lead_heterogeneity(STRATA[:1]) == NotEstimable(Why.ONE_SEGMENT)
    none = Stratum(Counts(10, 0), Counts(10, 0))
    assert lead_heterogeneity([*STRATA, none]) == NotEstimable(Why.NO_VARIATION)
