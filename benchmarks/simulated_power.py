"""Power by simulation: 1,000 runs of either kind with the real method, against a peer.

    python -m benchmarks.simulated_power

cluster-experiments' power analysis with ClusteredOLSAnalysis is the peer. It is no dependency;
without it (`pip install cluster-experiments`) only our own time is told.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
import warnings
from importlib.util import find_spec

import numpy as np

from analysis.power import Plan
from experiments.feasibility.simulated_power import simulated_power

RUNS, REPS, LEADS, REPEATS = 1000, 20, 50, 5
# The peer is far slower: so many of its runs are timed, and multiplied.
PEER_RUNS = 20


def main() -> None:
    """Time both, and print medians and their ratio for as many runs."""
    plan = Plan(reps_per_variant=REPS // 2, leads_per_rep=LEADS, cv=0.7, baseline=0.2, icc=0.05)
    ours = statistics.median(_ours(plan, seed) for seed in range(REPEATS))
    print(f"{RUNS:,} teams with an effect and as many without, here   {1000 * ours:10.1f} ms")
    if find_spec("cluster_experiments") is None:
        print("cluster-experiments is not installed: nothing to compare with")
        return
    theirs = statistics.median(_theirs(seed) for seed in range(REPEATS)) * 2 * RUNS / PEER_RUNS
    print(f"{2 * RUNS:,} runs of cluster-experiments' ClusteredOLS    {1000 * theirs:10.1f} ms")
    print(f"ratio                                            {theirs / ours:10.0f} (target 1,000)")


def _ours(plan: Plan, seed: int) -> float:
    started = time.perf_counter()
    simulated_power(plan, 0.1, runs=RUNS, seed=seed)
    return time.perf_counter() - started


def _theirs(seed: int) -> float:
    import pandas as pd
    from cluster_experiments import (
        ClusteredOLSAnalysis,
        ClusteredSplitter,
        ConstantPerturbator,
        PowerAnalysis,
    )

    rng = np.random.default_rng(seed)
    reps = np.repeat(np.arange(REPS), LEADS)
    rates = rng.beta(3.8, 15.2, REPS)
    leads = pd.DataFrame({"rep": reps.astype(str), "target": rng.binomial(1, rates[reps]) * 1.0})
    analysis = PowerAnalysis(
        perturbator=ConstantPerturbator(),
        splitter=ClusteredSplitter(cluster_cols=["rep"]),
        analysis=ClusteredOLSAnalysis(cluster_cols=["rep"]),
        n_simulations=PEER_RUNS,
        seed=seed,
    )
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analysis.power_analysis(leads, average_effect=0.1, verbose=False)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
