"""1,000,000 leads assigned by hash, against GrowthBook's Python SDK.

    python -m benchmarks.lead_assignments

The peer is no dependency; without it (`pip install growthbook`) only our own time is told. Both
get the ids as text and give each lead's variant of a test half and half.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from importlib.util import find_spec

from assignment.variant import variant_of, variants_of

LEADS, REPEATS = 1_000_000, 5
# The peer is slower: so many leads of its are timed, and multiplied.
PEER_LEADS = 100_000
TARGET, TARGET_RATIO = 1_500_000, 8


def main() -> None:
    """Time both, and print leads a second and their ratio."""
    leads = [f"lead-{number}" for number in range(LEADS)]
    # One after the other in turn, so that a busy moment of the machine meets both.
    turns = [(_many(leads), _singly(leads[:PEER_LEADS]), _peer(leads)) for _ in range(REPEATS)]
    ours, singly, theirs = (statistics.median(each) for each in zip(*turns, strict=True))
    print(f"a list of {LEADS:,}, variants_of    {ours:12,.0f} a second (target {TARGET:,})")
    print(f"one at a time, variant_of         {singly:12,.0f} a second")
    if find_spec("growthbook") is None:
        print("growthbook is not installed: nothing to compare with")
        return
    print(f"one at a time, GrowthBook.run     {theirs:12,.0f} a second")
    print(f"ratio                             {ours / theirs:12.1f} (target {TARGET_RATIO})")


def _many(leads: list[str]) -> float:
    started = time.perf_counter()
    found = variants_of("benchmark:1", leads, [1, 1])
    speed = len(leads) / (time.perf_counter() - started)
    assert len(Counter(found)) == 2
    return speed


def _singly(leads: list[str]) -> float:
    started = time.perf_counter()
    for lead in leads:
        variant_of("benchmark:1", lead, [1, 1])
    return len(leads) / (time.perf_counter() - started)


def _peer(leads: list[str]) -> float:
    """The SDK as its own page shows it: the attributes of the next one, then `run`."""
    if find_spec("growthbook") is None:
        return 0.0
    from growthbook import Experiment, GrowthBook

    book = GrowthBook()
    experiment = Experiment(key="benchmark", variations=[0, 1])
    started = time.perf_counter()
    found = []
    for lead in leads[:PEER_LEADS]:
        book.set_attributes({"id": lead})
        found.append(book.run(experiment).variationId)
    speed = PEER_LEADS / (time.perf_counter() - started)
    assert len(Counter(found)) == 2
    return speed


if __name__ == "__main__":
    main()
