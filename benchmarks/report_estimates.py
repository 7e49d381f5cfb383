"""A whole report's estimates: 12 metrics, 3 variants, 200 reps, 20,000 draws, 5 looks.

    python -m benchmarks.report_estimates

The draws of both pairs, every metric's test and interval corrected for two treatments, and
the primary metric judged over five looks. The limit is half a second.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from dataclasses import replace

import numpy as np

from analysis.methods import compare_reps, compared_by
from analysis.pairs import RepLooks, RepPair
from analysis.planned_looks import LookPlan
from analysis.rep_methods import REP_METHODS
from analysis.sequential import Spending
from analysis.sufficient import RepTotals
from assignment.design import complete, seeded
from experiments.rep_pairs import rep_pairs

REPS, METRICS, LOOKS, REPEATS = 200, 12, 5, 5
LIMIT = 0.5


def main() -> None:
    """Time the parts of it in turn, and print their medians."""
    parts: dict[str, list[float]] = {}
    for repeat in range(REPEATS):
        for name, seconds in one_report(repeat).items():
            parts.setdefault(name, []).append(seconds)
    medians = {name: statistics.median(each) for name, each in parts.items()}
    for name, seconds in medians.items():
        print(f"{name:44}{1000 * seconds:8.1f} ms")
    total = sum(medians.values())
    print(f"{'all':44}{1000 * total:8.1f} ms")
    print(f"{'of the limit':44}{total / LIMIT:8.2f}")


def one_report(seed: int) -> dict[str, float]:
    """The seconds that each part takes."""
    rng = np.random.default_rng(seed)
    design = complete([f"r{number:03}" for number in range(REPS)], [1, 1, 1], seeded(seed))
    labels = design.draw(seeded(seed))
    leads = rng.integers(20, 80, REPS)
    outcomes = {
        f"m{number}": RepTotals.of_counts(design.units, leads, rng.binomial(leads, 0.2))
        for number in range(METRICS)
    }
    marks = [time.perf_counter()]
    pairs = rep_pairs(
        design, labels, outcomes, variants=["a", "b", "c"], control=0, rng=seeded(seed)
    )
    marks.append(time.perf_counter())
    primary = {"randomization": REP_METHODS["randomization"]}
    for each in list(pairs.values())[1:]:
        compared_by(primary, each, primary="randomization", level=0.95)
    marks.append(time.perf_counter())
    looks = LookPlan(tuple((look + 1) / LOOKS for look in range(LOOKS)), Spending.OBRIEN_FLEMING)
    compare_reps(
        {name: replace(pair, looks=_looks(pair, looks, rng)) for name, pair in pairs["m0"].items()}
    )
    marks.append(time.perf_counter())
    names = (
        "drawing 2 × 20,000 splits",
        f"{METRICS - 1} metrics × 2 treatments",
        "the primary over 5 looks",
    )
    return dict(zip(names, np.diff(marks).tolist(), strict=True))


def _looks(pair: RepPair, plan: LookPlan, rng: np.random.Generator) -> RepLooks:
    final = pair.totals.total / pair.totals.n
    noise = rng.normal(0, 0.05, (LOOKS, len(final)))
    noise[-1] = 0
    return RepLooks(plan, final + noise)


if __name__ == "__main__":
    main()
