"""Many splits of leads judged at once, as the stratified score judges each alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate
from analysis.many_leads import score_p_values
from analysis.proportion import Stratum, mh_score
from analysis.sufficient import Counts


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 30]))
def test_each_split_gets_the_p_of_its_own_score(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    treated, control = rng.integers(0, most, size=(2, 3, 4))
    won1, won0 = rng.binomial(treated, 0.4), rng.binomial(control, 0.3)
    found = score_p_values(treated, won1, control, won0)
    for world, p in enumerate(found):
        strata = [
            Stratum(
                Counts(int(control[world, rep]), int(won0[world, rep])),
                Counts(int(treated[world, rep]), int(won1[world, rep])),
            )
            for rep in range(4)
            if treated[world, rep] and control[world, rep]
        ]
        alone = mh_score(strata)
        # Where nothing varies the score has nothing to say either way.
        expected = alone.p if isinstance(alone, Estimate) else 1.0
        assert p == pytest.approx(expected, abs=1e-9)
