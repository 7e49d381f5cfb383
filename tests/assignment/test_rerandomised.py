"""Re-randomisation: only splits that were alike, and re-draws from just those."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assignment import rerandomised as module
from assignment.design import LISTABLE, Complete, complete, redraws, seeded
from assignment.rerandomised import (
    Rerandomised,
    directions_of,
    imbalance,
    rerandomised,
    restored,
)


def _team(count: int) -> dict[str, list[float]]:
    values = seeded(count).random((count, 2))
    return {f"r{place:03}": values[place].tolist() for place in range(count)}


def _design(count: int, share: float = 0.1) -> Rerandomised:
    base = complete(list(_team(count)), [1, 1], seeded(3))
    return rerandomised(base, _team(count), share=share, rng=seeded(5))


def test_imbalance_is_mahalanobis_distance_of_the_two_means() -> None:
    # Morgan & Rubin (2012), eq. (1): n p (1 - p) (x̄T - x̄C)' cov(x)⁻¹ (x̄T - x̄C); ours is that
    # over the number of units and with their own spread, dividing by n.
    values = np.array(list(_team(10).values()))
    labels = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 1], dtype=np.int8)
    difference = values[labels == 1].mean(axis=0) - values[labels == 0].mean(axis=0)
    within = np.linalg.inv(np.cov(values.T, bias=True))
    expected = 0.6 * 0.4 * difference @ within @ difference
    found = imbalance(directions_of(values.tolist()), labels[np.newaxis])[0]
    assert found == pytest.approx(expected, rel=1e-12)


def test_just_the_best_balanced_share_is_accepted() -> None:
    design = _design(16)
    every = design.base.every_draw()
    ranked = np.sort(imbalance(design.directions, every))
    kept = imbalance(design.directions, design.every_draw())
    assert design.draw_count == len(kept) == 1288  # of 12,870, with the mirrored ones
    assert (kept == ranked[: len(kept)]).all() or kept.max() < ranked[len(kept)]


def test_the_accepted_splits_listed_and_drawn_are_the_same() -> None:
    design = _design(14, share=0.5)
    listed = {tuple(each) for each in design.every_draw().tolist()}
    drawn = {tuple(each) for each in design.redraw(seeded(2), 20_000).tolist()}
    assert drawn == listed
    assert design.accepts(design.draw(seeded(8))[np.newaxis]).all()


def test_at_least_a_thousand_splits_stay_acceptable() -> None:
    assert _design(14, share=0.01).draw_count >= 1000


def test_the_same_seed_gives_the_same_split_and_tells_how_often_it_drew() -> None:
    first, count = _design(20).tried(seeded(11))
    again, once_more = _design(20).tried(seeded(11))
    assert count == once_more >= 1
    assert (first == again).all()


def test_a_recorded_limit_restores_the_design() -> None:
    design = _design(16)
    again = restored(design.base, directions_of(list(_team(16).values())), design.limit)
    assert (again.every_draw() == design.every_draw()).all()


def test_too_many_splits_to_list_are_sampled() -> None:
    design = _design(40)
    assert design.draw_count > LISTABLE
    found = redraws(design, seeded(1), sampled=500)
    assert not found.exact
    assert design.accepts(found.labels).all()


def test_among_some_the_others_keep_their_variant_and_still_count_in_the_balance() -> None:
    design = _design(14, share=0.5)
    labels = design.draw(seeded(4))
    free = np.arange(14) < 9
    some = design.among(free, labels)
    every = design.every_draw()
    # Exactly what of the whole list agrees about the others.
    expected = every[(every[:, ~free] == labels[~free]).all(axis=1)][:, free]
    assert some.units == design.units[:9]
    assert sorted(some.every_draw().tolist()) == sorted(expected.tolist())
    fewer = some.among(np.arange(9) < 7, labels[:9])
    of_those = expected[(expected[:, 7:] == labels[7:9]).all(axis=1)][:, :7]
    assert sorted(fewer.every_draw().tolist()) == sorted(of_those.tolist())


def test_three_variants_are_balanced_together() -> None:
    base = complete(list(_team(12)), [1, 1, 1], seeded(3))
    design = rerandomised(base, _team(12), share=0.2, rng=seeded(5))
    every = imbalance(design.directions, base.every_draw())
    assert imbalance(design.directions, design.every_draw()).max() <= np.quantile(every, 0.21)


def test_values_that_say_the_same_count_once() -> None:
    rows = [[value, 2 * value + 1] for value in (1.0, 5.0, 2.0, 8.0)]
    assert directions_of(rows).shape == (4, 1)


def test_what_cannot_be_balanced_is_refused() -> None:
    small = complete([f"r{place}" for place in range(8)], [1, 1], seeded(0))
    with pytest.raises(ValueError, match="70 ways to split are too few"):
        rerandomised(small, {}, rng=seeded(0))
    base = complete(list(_team(14)), [1, 1], seeded(0))
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        rerandomised(base, _team(14), share=0, rng=seeded(0))
    with pytest.raises(ValueError, match="nothing from before"):
        rerandomised(base, {unit: [1.0] for unit in base.units}, rng=seeded(0))


def test_a_criterion_that_nothing_meets_does_not_draw_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_TRIED", 2000)
    nothing = replace(_design(14), limit=-1.0)
    with pytest.raises(ValueError, match="no split is accepted"):
        nothing.draw(seeded(0))
    with pytest.raises(ValueError, match="hardly any"):
        nothing.redraw(seeded(0), 10)


def test_a_team_that_was_alike_exactly_accepts_only_what_keeps_it_so() -> None:
    # Seven twins: 2^7 of the 3,432 splits part every pair and leave no imbalance at all.
    twins = {f"r{place:02}": [float(place // 2)] for place in range(14)}
    base = Complete(tuple(twins), (7, 7))
    design = rerandomised(base, twins, share=1000 / 3432, rng=seeded(0))
    balanced = imbalance(design.directions, design.every_draw())
    assert np.count_nonzero(balanced < 1e-12) >= 2**7
    strict = replace(design, limit=module._limit(np.zeros(5), 0.5))
    assert (imbalance(strict.directions, strict.every_draw()) < 1e-12).all()
