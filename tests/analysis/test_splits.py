"""Re-drawn splits that several outcomes share."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.randomization import randomization_test
from analysis.shifts import Shifts
from analysis.splits import Splits
from assignment.design import Complete

LABELS = Complete(("a", "b", "c", "d"), (2, 2)).every_draw() == 1


def test_sums_are_those_of_the_treated() -> None:
    columns = np.array([[1.0, 10], [2, 20], [4, 40], [8, 80]])
    found = Splits(LABELS).sums(columns)
    for row, labels in zip(found, LABELS, strict=True):
        assert row.tolist() == columns[labels].sum(axis=0).tolist()


def test_what_is_expected_is_summed_with_the_first_that_is_asked_for() -> None:
    columns = np.array([[1.0, 10, 3], [2, 20, 5], [4, 40, 7], [8, 80, 11]])
    splits, alone = Splits(LABELS), Splits(LABELS)
    splits.expect(columns[:, :2])
    splits.expect(columns[:, 1:])
    for some in ([0], [2, 1], [1, 0, 2]):
        assert splits.totals(columns[:, some]).tolist() == alone.sums(columns[:, some]).T.tolist()
    # What nobody expected is summed up on its own.
    assert splits.totals(2 * columns).tolist() == alone.sums(2 * columns).T.tolist()


def test_outcomes_summed_together_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    labels = np.array([rng.permutation(12) < 5 for _ in range(400)])
    treated, together = labels[0], Splits(labels[1:])
    outcomes = rng.binomial(10, 0.3, (3, 12)) / 10
    for rates in outcomes:
        Shifts.expect(rates, treated, together)
    for rates in outcomes:
        alone = randomization_test(rates, treated, labels[1:], exact=False)
        found = randomization_test(rates, treated, together, exact=False)
        assert isinstance(alone, Estimate)
        assert isinstance(found, Estimate)
        assert found.p == alone.p
        assert found.ci == pytest.approx(alone.ci)


def test_the_split_itself_and_its_mirror_have_the_same_groups() -> None:
    splits = Splits(LABELS)
    assert splits.has_groups_of(LABELS[1]).sum() == 2
    assert splits.has_groups_of(LABELS[1]) is splits.has_groups_of(LABELS[1])
    uneven = Splits(Complete(("a", "b", "c"), (2, 1)).every_draw() == 1)
    assert uneven.has_groups_of(uneven.labels[0]).tolist() == [True, False, False]


def test_what_was_made_last_is_made_once() -> None:
    made: list[str] = []
    splits = Splits(LABELS)

    def make() -> int:
        made.append("")
        return len(made)

    found = [splits.latest(key, make) for key in (b"won", b"won", b"demo", b"won")]
    assert found == [1, 1, 2, 3]


def test_ready_splits_stay_as_they_are() -> None:
    splits = Splits(LABELS)
    assert Splits.of(splits) is splits
    assert len(Splits.of(LABELS)) == 6
