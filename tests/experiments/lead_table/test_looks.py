"""Planned looks in a table of leads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.lead_looks import lead_look
from analysis.methods import Unit
from analysis.planned_looks import LookPlan, look_test
from analysis.proportion import Stratum, mh_score
from analysis.sequential import Spending
from analysis.sufficient import Counts
from assignment.design import Complete
from experiments.lead_table.analysis import analyse
from experiments.lead_table.answer import Question, TableAnalysis
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import file_table
from experiments.problem import Refused

PLAN = LookPlan((0.3, 0.7, 1.0), Spending.OBRIEN_FLEMING)
REPS = "abcdefgh"
TREATED = np.array([rep in "bdfh" for rep in REPS])
RNG = np.random.default_rng(7)
SEEN = RNG.integers(1, 4, (len(REPS), 15))
# One rep has no lead at the first look.
SEEN[0] = np.maximum(SEEN[0], 2)
WON = (RNG.random((len(REPS), 15)) < np.where(TREATED, 0.7, 0.3)[:, np.newaxis]).astype(int)


def table(folder: Path, latest: int = 3, *more: str) -> Path:
    path = folder / "leads.csv"
    rows = [
        f"{rep},{'B' if TREATED[at] else 'A'},{SEEN[at, n]},{WON[at, n]},{n % 2}"
        for at, rep in enumerate(REPS)
        for n in range(15)
        if SEEN[at, n] <= latest
    ]
    path.write_text("\n".join(["rep,v,look,won,block", *rows, *more]), encoding="utf-8")
    return path


def answer(path: Path, unit: Unit = Unit.REP, **more: Any) -> TableAnalysis:
    columns = Columns("v", ("won",), rep="rep", look="look", **more)
    with file_table(path) as leads:
        return analyse(leads, Question(columns=columns, unit=unit, looks=PLAN))


def rates(looks: int) -> np.ndarray:
    """Each rep's rate among the leads seen so far, NaN without any."""
    found = np.full((looks, len(REPS)), np.nan)
    for look in range(looks):
        seen = look + 1 >= SEEN
        n = seen.sum(axis=1)
        found[look, n > 0] = ((WON * seen).sum(axis=1) / np.maximum(n, 1))[n > 0]
    return found


@pytest.mark.parametrize("latest", [2, 3])
def test_split_reps_are_redrawn_at_all_looks(tmp_path: Path, latest: int) -> None:
    found = answer(table(tmp_path, latest))
    comparison = found.first.comparisons["B"]
    assert list(comparison.estimates) == ["group_sequential"]
    every = Complete(tuple(REPS), (4, 4)).every_draw() == 1
    so_far = LookPlan(PLAN.information[:latest], PLAN.spending)
    expected = look_test(rates(latest), TREATED, every, exact=True, plan=so_far)
    told = comparison.result
    assert isinstance(expected, Estimate)
    assert isinstance(told, Estimate)
    assert (told.effect, told.p) == pytest.approx((expected.effect, expected.p))
    assert told.ci == pytest.approx(expected.ci)
    assert found.as_dict()["look"] == latest


def test_split_leads_are_judged_by_bounds_within_strata(tmp_path: Path) -> None:
    told = answer(table(tmp_path), Unit.LEAD, stratum="block").first.comparisons["B"].result
    blocks = np.arange(15) % 2
    strata, information = [], []
    for block in (0, 1):
        arms = [WON[arm][:, blocks == block] for arm in (~TREATED, TREATED)]
        strata.append(Stratum(*(Counts(arm.size, int(arm.sum())) for arm in arms)))
    for look in (1, 2, 3):
        sizes = [
            [int((SEEN[arm][:, blocks == block] <= look).sum()) for arm in (~TREATED, TREATED)]
            for block in (0, 1)
        ]
        information.append(sum(n0 * n1 / (n0 + n1) for n0, n1 in sizes))
    expected = lead_look(lambda level: mh_score(tuple(strata), level=level), information, PLAN)
    assert isinstance(expected, Estimate)
    assert isinstance(told, Estimate)
    assert (told.p, told.effect) == pytest.approx((expected.p, expected.effect))
    assert told.ci == pytest.approx(expected.ci)


def test_a_look_that_saw_no_lead_more_is_left_out(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_text(path.read_text("utf-8").replace(",2,", ",3,"), encoding="utf-8")
    told = answer(path, Unit.LEAD).first.comparisons["B"].result
    assert isinstance(told, Estimate)
    assert told.is_significant


@pytest.mark.parametrize("said", ["4", "0", "1.5", "soon", "nan"])
def test_a_look_that_was_not_planned_is_refused(tmp_path: Path, said: str) -> None:
    path = table(tmp_path, 1, f"h,B,{said},1,0")
    line = len(path.read_text("utf-8").splitlines())
    match = rf"look, line {line}: {said} is not the number of a look: those planned are 1 to 3"
    with pytest.raises(Refused, match=match):
        answer(path)


def test_amounts_of_split_leads_are_not_looked_at(tmp_path: Path) -> None:
    path = table(tmp_path, 3, "h,B,3,12.5,0")
    with pytest.raises(Refused, match="At looks at split leads the outcome is 0 or 1"):
        answer(path, Unit.LEAD)
    # Reps' amounts are.
    assert isinstance(answer(path).first.comparisons["B"].result, Estimate)
