"""Effects put into a past that had none: lost leads that the treatment would have won."""

from __future__ import annotations

import numpy as np

from analysis.sufficient import Floats, Ints


def flipped(luck: Floats, leads: Ints, reached: Ints, effect: float) -> Ints:
    """How many of each rep's lost leads are won by the effect.

    Args:
        luck: One number in [0, 1) per split and rep, shape (W, G).
        leads: Shape (G,).
        reached: Of them, those that were won already, shape (G,).
        effect: By which each rep's rate rises.
    Returns:
        Shape (W, G).
    """
    return binomial_at(luck, leads - reached, share_flipped(leads, reached, effect))


def share_flipped(leads: Ints, reached: Ints, effect: float) -> Floats:
    """The share of each rep's lost leads that raises the rate by the effect, at most all."""
    lost = leads - reached
    share: Floats = np.minimum(effect * leads / np.maximum(lost, 1), 1)
    return share


def binomial_at(luck: Floats, n: Ints, share: Floats) -> Ints:
    """The binomial numbers at these quantiles: with more of a share never fewer.

    Numbers drawn anew for each effect would let the search for the least one chase noise.
    """
    from scipy.stats import binom

    return np.asarray(binom.ppf(luck, n, share)).astype(np.int64)
