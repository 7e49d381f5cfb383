"""How draws stand at planned looks: against the rule written out, shift by shift."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.look_statistics import LookStatistics
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import every_split

seeds = st.integers(0, 2**32 - 1)
# As many of 70, or 56, splits as may have crossed by each look.
totals = st.lists(st.integers(0, 70), min_size=1, max_size=4).map(sorted)


def statistics(values: Floats, splits: Bools) -> Floats:
    """Welch's t, squared, of every split; 0 where a variant has fewer than two."""
    found = np.zeros(len(splits))
    known = np.isfinite(values)
    for place, split in enumerate(splits):
        one, two = values[known & split], values[known & ~split]
        if min(len(one), len(two)) >= 2:
            noise = one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two)
            difference = one.mean() - two.mean()
            found[place] = difference**2 / noise if noise > 1e-20 else np.inf
            found[place] = 0 if abs(difference) < 1e-10 else found[place]
    return found


def left(values: Floats, before: Floats | None) -> Floats:
    """Residuals of a fit on the value from before, straight from least squares."""
    known = np.isfinite(values)
    if before is None or not known.any():
        return values
    design = np.column_stack([np.ones(known.sum()), before[known]])
    found = values.copy()
    found[known] -= design @ np.linalg.lstsq(design, values[known], rcond=None)[0]
    return found


def crosses(
    rates: Floats, treated: Bools, splits: Bools, allowed: list[int], before: Floats | None
) -> bool:
    """Whether what happened crosses at the latest look, by the rule and nothing else."""
    own = int(np.flatnonzero((splits == treated).all(axis=1))[0])
    alive = list(range(len(splits)))
    crossed, is_beyond = 0, False
    for each, total in zip(rates, allowed, strict=True):
        room = total - crossed
        found = statistics(left(each, before), splits)
        order = sorted(alive, key=lambda draw: -found[draw])
        edge = found[order[room]] * (1 + 1e-9) if room < len(order) else -1.0
        beyond = [draw for draw in order[: max(room, 0)] if found[draw] > edge]
        is_beyond = own in beyond
        crossed += len(beyond) - is_beyond
        alive = [draw for draw in alive if draw == own or draw not in beyond]
    return is_beyond


def team(seed: int, looks: int, treated: int) -> tuple[Floats, Bools, Bools, Floats]:
    """Rates of eight reps at so many looks, a split, all splits, and a value from before."""
    rng = np.random.default_rng(seed)
    splits = every_split(8, treated)
    before = rng.normal(size=8)
    rates = before * rng.random() + np.cumsum(rng.normal(size=(looks, 8)), axis=0)
    if looks > 1 and seed % 3 == 0:
        rates[0, rng.random(8) < 0.3] = np.nan
    return rates, splits[rng.integers(len(splits))], splits, before


@given(seeds, totals, st.sampled_from([3, 4]), st.booleans(), st.floats(-4, 4))
def test_at_every_shift_the_verdict_is_the_rule_s(
    seed: int, allowed: list[int], treated: int, is_adjusted: bool, shift: float
) -> None:
    rates, split, splits, before = team(seed, len(allowed), treated)
    covariate = before if is_adjusted else None
    found = LookStatistics.of(rates, split, Splits(splits), exact=True, covariate=covariate)
    expected = crosses(rates - shift * split, split, splits, allowed, covariate)
    assert found.at(shift).rejects(allowed) == expected


@given(seeds, totals, st.booleans(), st.floats(-4, 4), st.floats(0, 2))
def test_draws_left_out_between_two_shifts_change_no_verdict_there(
    seed: int, allowed: list[int], is_adjusted: bool, low: float, width: float
) -> None:
    rates, split, splits, before = team(seed, len(allowed), 4)
    covariate = before if is_adjusted else None
    every = LookStatistics.of(rates, split, Splits(splits), exact=True, covariate=covariate)
    some = every.between(low, low + width, allowed)
    again = some.between(low, low + width / 2, allowed)
    for share in (0, 0.1, 0.5):
        shift = low + share * width
        assert some.at(shift).rejects(allowed) == every.at(shift).rejects(allowed)
        assert again.at(shift).rejects(allowed) == every.at(shift).rejects(allowed)


def test_few_draws_are_left_where_a_verdict_turns() -> None:
    rng = np.random.default_rng(4)
    splits = np.array([rng.permutation(40) < 20 for _ in range(2000)])
    rates = np.cumsum(rng.normal(size=(3, 40)), axis=0)
    every = LookStatistics.of(rates, splits[0], Splits(splits[1:]), exact=False)
    some = every.between(1.0, 1.01, (10, 40, 100))
    assert len(every.places) == 3 * 2000
    assert len(some.places) < 600


@pytest.mark.parametrize("exact", [True, False])
def test_what_happened_is_judged_once_whether_listed_or_not(exact: bool) -> None:
    rates, split, splits, _ = team(5, 2, 4)
    others = splits if exact else splits[(splits != split).any(axis=1)]
    found = LookStatistics.of(rates, split, Splits(others), exact=exact)
    assert found.draws == len(splits)
    assert found.at(0.0).rejects((5, 14)) == crosses(rates, split, splits, [5, 14], None)
