"""The stratified score of many splits of leads at once."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from analysis.sufficient import Floats, Ints


def score_p_values(treated: Ints, treated_won: Ints, control: Ints, control_won: Ints) -> Floats:
    """The p-value that `mh_score` gives each split of the same reps' leads.

    Args:
        treated: Leads of the treatment, per split and rep, shape (W, G).
        treated_won: Of those, the ones that reached the milestone; the control's alike.
    Returns:
        Two-sided, shape (W,); 1 where no rep has leads in both variants, or nothing varies.
    References:
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213.
    """
    both = (treated > 0) & (control > 0)
    n1, n0 = np.where(both, treated, 1), np.where(both, control, 1)
    n = n1 + n0
    weights = np.where(both, n1 * n0 / n, 0.0)
    differences = treated_won / n1 - control_won / n0
    pooled = (treated_won + control_won) / n
    # The variance of no difference, with Miettinen and Nurminen's own n/(n − 1).
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n0) * n / (n - 1)
    spread = np.sqrt((weights**2 * variance).sum(axis=1))
    z = np.divide(
        (weights * differences).sum(axis=1), spread, out=np.zeros(len(n)), where=spread > 0
    )
    p: Floats = 2 * ndtr(-np.abs(z))
    return p
