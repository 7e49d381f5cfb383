"""What a split of few reps can show at best, and what keeps a draft from launching."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, people
from experiments.attainable import Attainable, attainable
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.problem import Refused

VARIANTS: list[dict[str, Any]] = [
    {"name": "A", "process": "discovery-first", "control": True},
    {"name": "B", "process": "discovery-first"},
    {"name": "C", "process": "discovery-first"},
]


@pytest.fixture
def drafted(session: Session, plan: dict[str, Any], now: datetime) -> Any:
    def make(reps: list[Rep], **changed: Any) -> Experiment:
        taking_part = {"teams": [], "reps": [rep.external_id for rep in reps]}
        draft = experiment_draft.checked(plan | taking_part | changed)
        return experiment_draft.create(session, draft, by=None, now=now)

    return make


def best(found: Experiment) -> Attainable:
    told = attainable(found)
    assert told is not None
    return told


# Smallest attainable two-sided p of even splits: 2 / C(6, 3), 2 / C(8, 4).
@pytest.mark.parametrize(("size", "ways", "p"), [(6, 20, 0.10), (8, 70, 2 / 70)])
def test_even_halves_count_the_mirrored_split_too(
    drafted: Any, reps: list[Rep], size: int, ways: int, p: float
) -> None:
    told = best(drafted(reps[:size]))
    assert told.ways == ways
    assert told.smallest_p == pytest.approx(p)
    assert told.conclusive == (size == 8)


def test_uneven_halves_have_no_mirror(drafted: Any, reps: list[Rep]) -> None:
    told = best(drafted(reps[:7]))
    # C(7, 3) = 35 ways, of which only the split itself must be as extreme.
    assert sorted(told.sizes) == [3, 4]
    assert told.smallest_p == pytest.approx(1 / 35)


def test_several_treatments_share_the_error_rate(drafted: Any, reps: list[Rep]) -> None:
    told = best(drafted(reps[:6], variants=VARIANTS))
    # 2 against 2: 2 / C(4, 2), twice by Holm.
    assert (told.sizes, told.comparisons) == ((2, 2), 2)
    assert told.smallest_p == pytest.approx(2 / 3)


def test_a_team_that_can_be_split_in_too_many_ways_to_list_is_sampled(
    session: Session, drafted: Any, reps: list[Rep], now: datetime
) -> None:
    more = [people.add_rep(session, f"Rep {n}", team=None, now=now) for n in range(9, 23)]
    told = best(drafted([*reps, *more]))
    # C(22, 11) is over 200,000; of 20,000 re-draws and the split itself at least one counts.
    assert told.ways == 705_432
    assert told.smallest_p == pytest.approx(1 / 20_001)


def test_one_rep_in_a_variant_concludes_nothing(drafted: Any, reps: list[Rep]) -> None:
    lopsided = [VARIANTS[0] | {"weight": 7}, VARIANTS[1]]
    told = best(drafted(reps, variants=lopsided, level=0.8))
    assert told.sizes == (7, 1)
    assert told.smallest_p == pytest.approx(1 / 8)
    assert not told.conclusive


def test_a_lead_split_has_no_such_limit(drafted: Any, reps: list[Rep]) -> None:
    assert attainable(drafted(reps, unit="lead")) is None


def test_weights_that_would_empty_a_variant_keep_a_draft_from_launching(
    session: Session, drafted: Any, reps: list[Rep], now: datetime
) -> None:
    found = drafted(reps, variants=[VARIANTS[0] | {"weight": 40}, VARIANTS[1]])
    told = life.hindrances(session, found, now=now)
    assert [each.where for each in told] == ["variants"]
    assert "none of 8 reps" in told[0].text
    with pytest.raises(Refused, match="none of 8 reps"):
        life.launch(session, found, seed=1, by=None, now=now)


def test_a_tie_that_empties_a_variant_by_chance_is_refused(
    session: Session, drafted: Any, reps: list[Rep], now: datetime
) -> None:
    # One and a half reps against half a rep: the seed decides who gets the odd one.
    found = drafted(reps[:2], variants=[VARIANTS[0] | {"weight": 3}, VARIANTS[1]])
    with pytest.raises(Refused, match="none of 2 reps"):
        life.launch(session, found, seed=1, by=None, now=now)
    assert life.launch(session, found, seed=0, by=None, now=now).split.sizes == (1, 1)


def test_a_ready_draft_has_no_hindrance(
    session: Session, drafted: Any, reps: list[Rep], now: datetime
) -> None:
    assert life.hindrances(session, drafted(reps), now=now) == []
