"""Balance and false positives of every design on real reps: a company's own store.

    STAGELIFT_DATABASE_URL=sqlite:///stagelift.sqlite python -m benchmarks.real_reps

The store is that of the walk-through (docs/walkthrough.md): 30 reps of a public set.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from analysis.planned_design import Design
from assignment.design import seeded
from experiments.feasibility.past_worlds import known_reps
from experiments.feasibility.replay import replay
from experiments.feasibility.tried_splits import splitter
from experiments.sales_history import SalesHistory, sales_history
from web.commands import open_store
from web.site import utc_now

SEEDS, RUNS, WEEKS, HORIZON = 1_000, 5_000, 12, 60


def main() -> None:
    """Print both."""
    with open_store(writes=False) as session:
        history = sales_history(session, now=utc_now(), horizon_days=HORIZON)
    _balance(history)
    for design in Design:
        _false_positives(history, design, False)
        if design.splits_reps:
            _false_positives(history, design, True)


def _balance(history: SalesHistory) -> None:
    """How far apart the variants were before, over so many seeds."""
    reps = known_reps(history, history.leads.sum(axis=1) > 0, latest=0, gap=0)
    print(f"{len(reps.names)} reps; variance over {SEEDS:,} seeds, over that of a complete split")
    spreads = {}
    for design in (Design.COMPLETE, Design.BY_TEAM, Design.PAIRED, Design.RERANDOMISED):
        planned = splitter(design, reps, seeded(0))
        order = [planned.units.index(name) for name in reps.names]
        gaps = []
        for seed in range(SEEDS):
            treated = planned.draw(seeded(seed))[order] == 1
            gaps.append(reps.before[treated].mean(axis=0) - reps.before[~treated].mean(axis=0))
        spreads[design] = np.var(gaps, axis=0)
        rate, leads = spreads[design] / spreads[Design.COMPLETE]
        print(f"  {design:14} win rate {rate:6.3f}   leads a week {leads:6.3f}")


def _false_positives(history: SalesHistory, design: Design, adjusted: bool) -> None:
    found = replay(history, weeks=[WEEKS], design=design, adjusted=adjusted, runs=RUNS)
    name = f"{design}{' + covariate' if adjusted else ''}"
    share, error = found.false_positives, 2 * found.false_positives_se
    print(
        f"  {name:26} significant {share:.3f} ± {error:.3f}, allowed {found.attainable:.3f};"
        f" finds {found.detectable[0].effect}"
    )


if __name__ == "__main__":
    main()
