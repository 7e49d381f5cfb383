"""Split leads with a value from before, against statsmodels and by properties."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.lead_covariate import Joint, lead_ancova
from analysis.sufficient import Floats


def joint(y: Floats, x: Floats) -> Joint:
    dy, dx = y - y.mean(), x - x.mean()
    return Joint(
        len(y), float(y.mean()), float(x.mean()), float(dy @ dy), float(dx @ dx), float(dy @ dx)
    )


def leads(seed: int, slope: float, effect: float = 0.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 2, 60 + 10 * seed)
    return slope * x + effect + rng.normal(0, 1, len(x)), x


def estimate(control: Joint, treatment: Joint) -> Estimate:
    found = lead_ancova(control, treatment)
    assert isinstance(found, Estimate)
    return found


def test_effect_and_error_are_those_of_two_fits_read_at_the_common_mean() -> None:
    arms = [leads(1, 0.5), leads(2, 0.9, 0.4)]
    found = estimate(*(joint(*arm) for arm in arms))
    centre = float(np.concatenate([x for _, x in arms]).mean())
    read = []
    for y, x in arms:
        fit = OLS(y, np.column_stack([np.ones(len(x)), x])).fit()
        told = fit.get_prediction([[1.0, centre]])
        read.append((float(told.predicted_mean[0]), float(told.se_mean[0])))
    assert found.effect == pytest.approx(read[1][0] - read[0][0], rel=1e-9)
    assert found.se == pytest.approx(float(np.hypot(read[0][1], read[1][1])), rel=1e-9)


def test_the_effect_is_that_of_a_regression_with_interaction() -> None:
    # Lin (2013): the coefficient of having been treated, with the value centred.
    arms = [leads(1, 0.5), leads(2, 0.9, 0.4)]
    y, x = (np.concatenate([arm[part] for arm in arms]) for part in (0, 1))
    treated = np.repeat([0.0, 1.0], [len(arm[0]) for arm in arms])
    centred = x - x.mean()
    columns = np.column_stack([np.ones(len(y)), treated, centred, treated * centred])
    found = estimate(*(joint(*arm) for arm in arms))
    assert found.effect == pytest.approx(float(OLS(y, columns).fit().params[1]), rel=1e-9)


def test_a_value_that_tells_much_narrows_the_interval() -> None:
    control, treatment = joint(*leads(1, 3.0)), joint(*leads(2, 3.0))
    found = estimate(control, treatment)
    plain = (control.yy / control.n**2 + treatment.yy / treatment.n**2) ** 0.5
    assert found.se is not None
    assert found.se < plain / 3


def test_swapping_variants_flips_the_sign_and_money_scales() -> None:
    control, treatment = joint(*leads(1, 0.5)), joint(*leads(2, 0.9))
    found, turned = estimate(control, treatment), estimate(treatment, control)
    assert (turned.effect, turned.p) == pytest.approx((-found.effect, found.p))
    y, x = leads(1, 0.5)
    z, w = leads(2, 0.9)
    large = estimate(joint(y * 1e9, x), joint(z * 1e9, w))
    assert large.effect == pytest.approx(found.effect * 1e9)
    assert large.p == pytest.approx(found.p)


def test_thin_data_is_a_result_of_its_own() -> None:
    some = joint(*leads(1, 0.5))
    assert lead_ancova(some, joint(np.array([1.0, 2]), np.array([1.0, 3]))) == NotEstimable(
        Why.TOO_FEW_LEADS
    )
    assert lead_ancova(some, joint(np.array([1.0, 2, 4]), np.ones(3))) == NotEstimable(
        Why.CONSTANT_COVARIATE
    )
    line = np.arange(4.0)
    assert lead_ancova(joint(line, line), joint(line, line)) == NotEstimable(Why.NO_VARIATION)
    assert joint(line, np.ones(4)).slope == 0
    with pytest.raises(ValueError, match="squares not negative"):
        Joint(3, 0, 0, -1, 1, 0)
