"""The calibration as a page: what was promised, what came out, and how others do."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from scipy.special import ndtri

from tests.calibration.cell import Cell
from tests.calibration.rival import NAMES
from tests.calibration.tally import Tallies, Tally

ALPHA = 0.05
# A chance of 1 in 20 that any of all cells falls outside, when every one keeps its promise.
_FAMILY = 0.05
# A test that leaves more of what the draws allow is named.
_WASTE = 0.01

_HEAD = """\
# Calibration: is 95% 95%?

Written by `make calibration`; not by hand. Each line is a kind of company, simulated {worlds:,}
times and put through the product's own functions (`assignment/`, `analysis/`) with re-draws
sampled {draws} at a time where there are too many to list. *False positives* is how often a
difference was claimed where there was none; *coverage* how often the interval held the truth;
*power* how often a true difference was found. 5% and 95% are promised. *Excess* is false positives
less what the design's draws could attain at 5%: eight reps have 70 splits, and 2 of 70 is the most
that is not above 5%, so 2.86% is all that any such test can reach.

Over all {cells} cells at once, chance alone takes one of them beyond **{high:.2%}** false
positives, or below **{low:.2%}** coverage, once in twenty runs.

![False positives and coverage of every cell](calibration.svg)

- False positives: {false_ones} of {null} cells are above the bound.
- Coverage: {missed} of {cells} cells are below the bound.
{outside}- Excess: from {least:+.2f} to {most:+.2f} points. {wasteful}

Where a rep has fewer than about five wins, rates are coarse and lopsided, and no method here holds
its level for every effect; the report says so on itself (*few wins*).

"""

_COLUMNS = (
    "| cell | false positives or power | excess | coverage "
    "| rep t | CR2 | z-test on leads | OLS, clusters | tea-tasting |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)

_FOOT = """
A cell is named by what tells it from the ordinary team: 20 reps in even arms, 30 leads a rep on
average with a coefficient of variation of 0.7, ICC 0.05, 20% close rate, complete randomisation.
`tied` is the correlation of a rep's leads with the own rate, `past` that of the rate from before,
`matured` the share of leads whose horizon has passed. With few reps no p can be at most 0.05
(6 reps: 0.10), so false positives are 0 and the report says that the design cannot decide.
`looks` are planned looks, of which each may claim a difference (all their intervals must cover),
in a crossover at the second period; `adjusted` means that the rate from before is a covariate,
`joined` means that a third of the reps joined during the test, by blocks, and in a crossover the
second period is better for everybody. With three variants the draws could attain no more than both
comparisons together at 2.5% each; they go together, and so attain less. Excess below 0 comes
from draws that tie: where leads are few, or all reps have as many, many splits give the same
difference, and a tie counts against a claim.
The last columns ask what people use today (statsmodels' z-test on leads, its cluster-robust
least squares, and tea-tasting's comparison of leads; {rivals} worlds each) of the same worlds.
"""


def page(found: Mapping[Cell, Tallies], worlds: int) -> str:
    """The page of all cells, in their order."""
    from tests.calibration.splitting import DRAWS

    primary = {cell: next(iter(tallies.values())) for cell, tallies in found.items()}
    margin = margin_of(len(found), worlds)
    null = [cell for cell in found if cell.effect == 0]
    false_ones = [cell for cell in null if primary[cell].rejection_rate > ALPHA + margin]
    missed = [cell for cell in found if primary[cell].coverage < 1 - ALPHA - margin]
    head = _HEAD.format(
        worlds=worlds,
        draws=DRAWS,
        cells=len(found),
        null=len(null),
        high=ALPHA + margin,
        low=1 - ALPHA - margin,
        false_ones=len(false_ones),
        missed=len(missed),
        outside=_outside(missed, primary),
        least=100 * min((primary[cell].excess for cell in null), default=0.0),
        most=100 * max((primary[cell].excess for cell in null), default=0.0),
        wasteful=_wasteful(null, primary),
    )
    some = next(iter(found.values()))
    foot = _FOOT.format(rivals=some[NAMES[0]].worlds if NAMES[0] in some else "no")
    return head + _COLUMNS + "".join(_row(cell, found[cell]) for cell in found) + foot


def margin_of(cells: int, worlds: int) -> float:
    """How far chance alone takes one of so many cells from 5%, once in twenty runs."""
    return float(ndtri(1 - _FAMILY / cells)) * sqrt(ALPHA * (1 - ALPHA) / worlds)


def _outside(missed: list[Cell], primary: Mapping[Cell, Tally]) -> str:
    return "".join(f"  - `{cell.key}` covers {primary[cell].coverage:.2%}\n" for cell in missed)


def _wasteful(null: list[Cell], primary: Mapping[Cell, Tally]) -> str:
    """Which cells leave more than a point of what their draws allow."""
    found = [f"`{cell.key}`" for cell in null if primary[cell].excess < -_WASTE]
    if not found:
        return "No cell leaves more than a point of what its draws allow."
    return f"More than a point is left by {', '.join(found)}."


def _row(cell: Cell, tallies: Tallies) -> str:
    first, *_ = tallies.values()
    beside = [_share(tallies.get(name)) for name in ("rep_t", "cr2", *NAMES)]
    excess = "" if cell.effect else f"{100 * first.excess:+.2f}"
    cells = [f"`{cell.key}`", f"{first.rejection_rate:.2%}", excess, f"{first.coverage:.2%}"]
    cells += beside
    return f"| {' | '.join(cells)} |\n"


def _share(tally: Tally | None) -> str:
    return "" if tally is None else f"{tally.rejection_rate:.1%}"
