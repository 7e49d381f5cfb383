"""Weights of variants that were meant as shares of a whole, and are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.problem import Problem, problem

# Four shares rounded to hundredths may miss the whole by so much.
_ROUNDED = 0.02


def share_problems(weights: Sequence[float]) -> Iterator[Problem]:
    """What is wrong with weights that are all below 1, so that they can only be shares.

    Other weights are proportions: 2 and 1 are two thirds and one third.
    """
    total = sum(weights)
    if max(weights) >= 1 or abs(total - 1) <= _ROUNDED:
        return
    yield problem(
        "variants",
        "{shares} add up to {total} and not to 1: write shares of a whole, or proportions such as "
        "2 and 1.",
        shares=" + ".join(f"{weight:g}" for weight in weights),
        total=f"{total:g}",
    )
