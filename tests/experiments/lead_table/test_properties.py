"""What must hold of every method that `stagelift analyse` reaches, whatever the leads."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Result
from analysis.methods import Unit
from experiments.lead_table.answer import Question
from experiments.lead_table.columns import Columns
from tests.experiments.lead_table.tables import answer

Lead = tuple[str, str, float, float, str, str, int]
"""Rep, variant, outcome, value from before, team, pair, and whether it was followed up."""

HEADER = "rep,v,y,x,team,pair,did"
REPS = 8


def leads(outcomes: st.SearchStrategy[int]) -> st.SearchStrategy[list[Lead]]:
    """Eight reps in pairs and two teams, some leads each."""

    def laid_out(drawn: list[list[tuple[int, int, int]]]) -> list[Lead]:
        return [
            (f"r{at}", "AB"[at % 2], float(y), float(x), "ns"[at // 4], f"p{at // 2}", did)
            for at, mine in enumerate(drawn)
            for y, x, did in mine
        ]

    lead = st.tuples(outcomes, st.integers(0, 4), st.integers(0, 1))
    mine = st.lists(lead, min_size=1, max_size=5)
    return st.lists(mine, min_size=REPS, max_size=REPS).map(laid_out)


BINARY = leads(st.integers(0, 1))
AMOUNTS = leads(st.integers(0, 40))
OF_REPS = Question(columns=Columns("v", ("y",), rep="rep"), unit=Unit.REP)
OF_LEADS = Question(columns=Columns("v", ("y",)), unit=Unit.LEAD)
QUESTIONS = {
    "reps": OF_REPS,
    "reps by team": replace(OF_REPS, columns=replace(OF_REPS.columns, stratum="team")),
    "reps in pairs": replace(
        OF_REPS, columns=replace(OF_REPS.columns, stratum="pair"), paired=True
    ),
    "reps alike before": replace(OF_REPS, columns=replace(OF_REPS.columns, covariate="x")),
    "reps who followed": replace(OF_REPS, columns=replace(OF_REPS.columns, followed="did")),
    "leads": OF_LEADS,
    "leads alike before": replace(OF_LEADS, columns=replace(OF_LEADS.columns, covariate="x")),
}
WITHIN = replace(OF_LEADS, columns=replace(OF_LEADS.columns, stratum="team"))
# Following is measured by the treatment's own actions: whose they are decides the sign. A ratio
# of none to some is 0 the one way, and no number the other.
UNSIGNED = {"cace", "score_ratio", "cmh"}

every_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
either = st.one_of(BINARY, AMOUNTS)
quickly = settings(max_examples=12, derandomize=True, deadline=None)


def told(rows: Sequence[Lead], question: Question, control: str = "A") -> dict[str, Result]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        lines = [",".join(map(str, row)) for row in rows]
        path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        found = answer(path, replace(question, control=control))
    (comparison,) = found.first.comparisons.values()
    return dict(comparison.estimates)


def near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, rel=1e-6, abs=1e-6)


def alike(one: Result, other: Result, *, scale: float = 1.0) -> bool:
    """Whether the other says the same in a unit so many times smaller."""
    if isinstance(one, NotEstimable) or isinstance(other, NotEstimable):
        return one == other
    pairs = [(one.effect, other.effect), *zip(one.ci, other.ci, strict=True)]
    moved = [(None if mine is None else mine * scale, its) for mine, its in pairs]
    return near(one.p, other.p) and all(
        near(None if mine is None else mine / scale, None if its is None else its / scale)
        for mine, its in moved
    )


def mirrored(found: Result) -> Result:
    """The same comparison seen from the other variant."""
    if isinstance(found, NotEstimable):
        return found
    low, high = found.ci
    ends = [None if end is None else -end for end in (high, low)]
    return replace(found, effect=-found.effect, ci=(ends[0], ends[1]))


@every_question
@quickly
@given(rows=either)
def test_interval_and_p_agree(question: Question, rows: list[Lead]) -> None:
    for method, found in told(rows, question).items():
        if isinstance(found, Estimate):
            low, high = found.ci
            above = low is not None and low > found.no_difference + 1e-12
            below = high is not None and high < found.no_difference - 1e-12
            assert (above or below) <= found.is_significant, method
            if found.is_significant:
                outside = (low is not None and low >= found.no_difference - 1e-9) or (
                    high is not None and high <= found.no_difference + 1e-9
                )
                assert outside, method


@every_question
@quickly
@given(rows=either)
def test_swapping_the_variants_flips_the_sign(question: Question, rows: list[Lead]) -> None:
    there, back = told(rows, question), told(rows, question, control="B")
    for method in there.keys() - UNSIGNED:
        assert alike(mirrored(there[method]), back[method]), method


@every_question
@quickly
@given(rows=either)
def test_neither_order_nor_names_of_reps_change_anything(
    question: Question, rows: list[Lead]
) -> None:
    renamed = [(f"z{REPS - int(rep[1:])}", *rest) for rep, *rest in reversed(rows)]
    there, here = told(rows, question), told(renamed, question)  # type: ignore[arg-type]
    for method, found in there.items():
        assert alike(found, here[method]), method


@every_question
@quickly
@given(rows=AMOUNTS)
def test_the_unit_of_money_changes_nothing(question: Question, rows: list[Lead]) -> None:
    if {row[2] for row in rows} <= {0.0, 1.0}:
        return
    cents = [(rep, v, y * 100, *rest) for rep, v, y, *rest in rows]
    there, here = told(rows, question), told(cents, question)  # type: ignore[arg-type]
    for method, found in there.items():
        assert alike(found, here[method], scale=100.0), method


@pytest.mark.parametrize("won", [0, 1])
@pytest.mark.parametrize("question", [*QUESTIONS.values(), WITHIN], ids=[*QUESTIONS, "within"])
def test_no_wins_and_all_wins_are_answers(question: Question, won: int) -> None:
    rows: list[Lead] = [
        (f"r{at}", "AB"[at % 2], won, n + at, "ns"[at // 4], f"p{at // 2}", n % 2)
        for at in range(REPS)
        for n in range(3)
    ]
    # Warnings are errors here, and an estimate holds finite numbers only.
    for method, found in told(rows, question).items():
        assert isinstance(found, Estimate | NotEstimable), method
