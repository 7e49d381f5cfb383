"""What a plan would find: the question that it asks, and whose past answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.sufficient import Ints
from experiments import experiment_draft
from experiments.experiment import Experiment
from experiments.feasibility.advisor import A_YEAR, Way
from experiments.feasibility.at_once import USUAL, question_of, reckon
from experiments.feasibility.outlook import outlook
from experiments.feasibility.prospect import foreseen, only, prospect, way_of
from experiments.problem import Refused
from experiments.sales_history import SalesHistory
from tests.experiments.pasts import believable, past

Sketch = Callable[..., Experiment]


@pytest.fixture
def sketch(session: Session, plan: dict[str, Any]) -> Sketch:
    """The plan of eight reps with other fields: `sketch(unit="lead")`."""

    def make(**other: Any) -> Experiment:
        return experiment_draft.sketch(session, experiment_draft.checked(plan | other))

    return make


@pytest.fixture
def history() -> SalesHistory:
    """The past of the plan's eight reps and of four others."""
    found = believable(12, 40)
    return replace(found, reps=tuple(f"Rep {number}" for number in range(1, 13)))


def test_it_asks_what_the_page_for_anybody_asks(sketch: Sketch, history: SalesHistory) -> None:
    found = foreseen(sketch(), history, "5")
    seen = outlook(only(history, [f"Rep {number}" for number in range(1, 9)]))
    asked = question_of(seen).model_copy(
        # Sixty days are nine weeks, the last of them not whole.
        update={"reps": 8, "horizon_days": 30, "weeks": 9, "effect": 5.0}
    )
    assert found.answer == reckon(asked)
    assert (found.of_all, found.why, found.of_value) == (False, None, False)


def test_only_those_who_take_part_are_looked_at(history: SalesHistory) -> None:
    found = only(history, ["Rep 2", "Rep 11", "nobody"])
    assert found.reps == ("Rep 2", "Rep 11")
    assert found.teams == (history.teams[1], history.teams[10])
    assert np.array_equal(found.leads, history.leads[[1, 10]])
    assert np.array_equal(found.reached, history.reached[[1, 10]])


def test_without_leads_of_their_own_everybody_s_past_answers(
    sketch: Sketch, history: SalesHistory
) -> None:
    others = replace(history, reps=tuple(f"other {number}" for number in range(12)))
    found = foreseen(sketch(), others, 5)
    assert found.of_all
    assert found.seen is not None
    assert found.answer.question.reps == 8
    assert found.answer.question.rate == question_of(outlook(others)).rate


def test_without_any_past_usual_figures_answer_and_say_why(sketch: Sketch) -> None:
    nothing: Ints = np.zeros((0, 0), dtype=np.int64)
    found = foreseen(sketch(), past(nothing, nothing), 5)
    assert found.seen is None
    assert found.why is not None
    assert found.answer.question.rate == USUAL.rate


def test_what_the_store_holds_is_counted(session: Session, sketch: Sketch, now: datetime) -> None:
    assert prospect(session, sketch(), 5, now=now).seen is None


@pytest.mark.parametrize(
    ("weights", "counted", "level"),
    [
        # 1/k = (1/n₁ + 1/n₂)/2: quarters of 8 give halves of 3, thirds halves of 8/3.
        ((1, 1), 8, 0.95),
        ((3, 1), 6, 0.95),
        ((1, 1, 1), 5, 0.975),
    ],
)
def test_unequal_shares_and_more_treatments_count_as_fewer_reps(
    weights: tuple[float, ...], counted: int, level: float, sketch: Sketch, history: SalesHistory
) -> None:
    variants = [
        {"name": f"V{at}", "process": "discovery-first", "control": at == 0, "weight": weight}
        for at, weight in enumerate(weights)
    ]
    asked = foreseen(sketch(variants=variants), history, 5).answer.question
    assert asked.reps == counted
    assert asked.level == pytest.approx(level)


def test_two_reps_are_reckoned_as_four_with_as_many_leads(
    sketch: Sketch, history: SalesHistory
) -> None:
    few = {"teams": [], "reps": ["Rep 1", "Rep 2"]}
    whole = foreseen(sketch(**few), history, 5)
    assert whole.answer.question.reps == 4
    usual = question_of(outlook(history)).leads_per_week
    assert whole.answer.question.leads_per_week == pytest.approx(usual / 2)
    # So few can be split in too few ways; their leads can be.
    assert whole.own.why is not None
    assert not whole.finds


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"unit": "lead"}, Way.LEADS),
        ({"design": "paired"}, Way.PAIRED),
        ({"design": "rerandomised"}, Way.RERANDOMISED),
        ({"design": "rerandomised", "covariate": "share"}, Way.ADJUSTED),
        ({"design": "crossover"}, Way.CROSSOVER),
    ],
)
def test_the_plan_s_own_way_is_the_one_that_answers(
    fields: dict[str, Any], way: Way, sketch: Sketch, history: SalesHistory
) -> None:
    sketched = sketch(horizon_days=14, **fields)
    assert way_of(sketched) is way
    assert foreseen(sketched, history, 5).own.way is way


def test_a_large_effect_is_found_and_a_tiny_one_by_no_way(
    sketch: Sketch, history: SalesHistory
) -> None:
    large = foreseen(sketch(), history, 60)
    assert large.finds
    assert large.fastest is not None
    tiny = foreseen(sketch(), history, 0.1)
    assert not tiny.finds
    assert tiny.fastest is None
    assert tiny.within_reach is not None
    assert tiny.within_reach > 0.001


def test_leads_that_get_more_than_a_year_are_never_found_within_one(
    sketch: Sketch, history: SalesHistory
) -> None:
    found = foreseen(sketch(horizon_days=700), history, 70)
    assert not found.finds
    assert found.fastest is None
    assert (found.own.total_weeks or 99) > A_YEAR


def test_where_amounts_decide_it_is_of_winning(sketch: Sketch, history: SalesHistory) -> None:
    assert foreseen(sketch(metric="value_per_lead"), history, 5).of_value


@pytest.mark.parametrize("effect", ["", "many", "0", "95", "-80"])
def test_an_effect_that_can_be_none_is_refused_at_its_field(
    effect: str, sketch: Sketch, history: SalesHistory
) -> None:
    with pytest.raises(Refused) as refused:
        foreseen(sketch(), history, effect)
    assert [each.where for each in refused.value.problems] == ["effect"]
