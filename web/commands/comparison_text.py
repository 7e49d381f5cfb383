"""A comparison as lines of text, as `stagelift analyse` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.comparison import Comparison
    from analysis.estimate import Interval, NotEstimable, Result
    from analysis.heterogeneity import Heterogeneity


def comparison_lines(title: str, comparison: Comparison) -> list[str]:
    """One treatment against the control, a line a method; `*` marks the one that decides."""
    from analysis.estimate import NotEstimable, Why

    unasked = (Why.NO_COVARIATE, Why.TOO_MANY_LEADS)
    rows = [
        [f"  {method}" + (" *" if method == comparison.primary else ""), *_cells(result)]
        for method, result in comparison.estimates.items()
        # What was not asked, or is for few leads only, is no news.
        if not (isinstance(result, NotEstimable) and result.why in unasked)
    ]
    for name, corrected in (("Holm", comparison.adjusted), ("Dunnett", comparison.dunnett)):
        if corrected is not None:
            rows.append([f"  {name}", "", _interval(corrected.ci), f"p {corrected.p:.4g}", ""])
    return ["", title, *in_columns(rows)]


def trimmed_line(comparison: Comparison) -> str:
    """The deciding method without the one largest amount."""
    return "  ".join(["  without the largest", *filter(None, _cells(comparison.result)[:3])])


def heterogeneity_lines(segments: Sequence[str], found: Heterogeneity | NotEstimable) -> list[str]:
    """Each segment's own difference, and the one test of whether they differ."""
    from analysis.estimate import NotEstimable

    if isinstance(found, NotEstimable):
        return ["", f"  Over segments: not estimable: {found.why.replace('_', ' ')}"]
    rows = [
        [f"  {name}", *_cells(effect)[:2]]
        for name, effect in zip(segments, found.effects, strict=True)
    ]
    return ["", f"  Over segments: p {found.p:.4g} that they differ by chance", *in_columns(rows)]


def _cells(result: Result) -> list[str]:
    from analysis.estimate import NotEstimable

    if isinstance(result, NotEstimable):
        return ["-", "", "", f"not estimable: {result.why.replace('_', ' ')}"]
    notes = []
    if result.df is not None:
        notes.append(f"df {result.df:.4g}")
    if result.draws is not None:
        notes.append(f"{'all' if result.exact else 'a sample of'} {result.draws} splits")
    if result.smallest_p is not None and result.smallest_p > 1 - result.level:
        notes.append(f"p cannot be below {result.smallest_p:.4g} with so few reps")
    return [
        f"×{result.effect:.4g}" if result.no_difference else f"{result.effect:+.4g}",
        _interval(result.ci),
        f"p {result.p:.4g}",
        "; ".join(notes),
    ]


def _interval(ci: Interval) -> str:
    low, high = ("no end" if end is None else f"{end:.4g}" for end in ci)
    return f"[{low}, {high}]"


def in_columns(rows: list[list[str]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
