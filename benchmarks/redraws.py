"""100,000 re-draws of 40 reps: six metrics here against one by SciPy's permutation test.

    python -m benchmarks.redraws

Ours draws the design, studentises six metrics and counts their p-values; SciPy's
`permutation_test`, vectorized, shuffles one metric's rates and takes the plain difference.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from analysis.many_splits import p_values
from assignment.design import complete, seeded

REPS, DRAWS, METRICS, REPEATS = 40, 100_000, 6, 5

Floats = NDArray[np.float64]


def main() -> None:
    """Time both in turn, and print medians and their ratio."""
    rng = np.random.default_rng(20261123)
    design = complete([f"r{number:02}" for number in range(REPS)], [1, 1], seeded(1))
    treated = design.draw(seeded(2)) == 1
    rates = rng.beta(4, 16, (METRICS, REPS))
    whole = np.tile(treated, (METRICS, 1))
    times: dict[str, list[float]] = {"draw": [], "product": [], "scipy": []}
    for repeat in range(REPEATS):
        labels, seconds = timed(lambda seed=repeat: design.redraw(seeded(seed), DRAWS) == 1)
        times["draw"].append(seconds)
        times["product"].append(
            timed(lambda drawn=labels: p_values(rates, whole, drawn, exact=False))[1]
        )
        times["scipy"].append(timed(lambda: scipy_p(rates[0], treated))[1])
    report({name: statistics.median(each) for name, each in times.items()})


def scipy_p(rates: Floats, treated: NDArray[np.bool_]) -> float:
    """One metric's p by SciPy, in its fast way."""

    def difference(x: Floats, y: Floats, axis: int) -> Floats:
        found: Floats = np.mean(x, axis=axis) - np.mean(y, axis=axis)
        return found

    found = permutation_test(
        (rates[treated], rates[~treated]),
        difference,
        n_resamples=DRAWS,
        vectorized=True,
        rng=np.random.default_rng(1),
    )
    return float(found.pvalue)


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """What came out, and the seconds that it took."""
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def report(median: dict[str, float]) -> None:
    """Print the medians in milliseconds."""
    ours = median["draw"] + median["product"]
    print(f"drawing {DRAWS:,} splits of {REPS} reps      {1000 * median['draw']:8.1f} ms")
    print(f"statistics and p of {METRICS} metrics        {1000 * median['product']:8.1f} ms")
    print(f"both                                {1000 * ours:8.1f} ms")
    print(f"scipy.stats.permutation_test, 1     {1000 * median['scipy']:8.1f} ms")
    print(f"ratio                               {median['scipy'] / ours:8.2f} (target 3)")


if __name__ == "__main__":
    main()
