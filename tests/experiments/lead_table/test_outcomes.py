"""Several outcomes of the same leads, ratios of sums, and each rep's own rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate, NotEstimable
from analysis.max_t import step_down_max_t
from analysis.methods import Unit
from analysis.multiplicity import holm
from analysis.ratio_metric import Ratio, ratio, ratio_difference
from analysis.shrinkage import shrunken_rates
from analysis.sufficient import RepTotals
from assignment.design import Complete
from experiments.lead_table.analysis import analyse
from experiments.lead_table.answer import Question, TableAnalysis
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import LeadTable, file_table
from experiments.problem import Refused
from tests.experiments.lead_table.tables import parquet_of

REPS = "abcdefgh"
TREATED = np.array([rep in "bdfh" for rep in REPS])
LEADS = 12
RNG = np.random.default_rng(20261125)
DEMO = RNG.integers(0, 2, (len(REPS), LEADS))
WON = DEMO * RNG.integers(0, 2, (len(REPS), LEADS))
VALUE = WON * RNG.integers(100, 900, (len(REPS), LEADS))


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    rows = [
        f"{rep},{'B' if TREATED[at] else 'A'},{DEMO[at, n]},{WON[at, n]},{VALUE[at, n]}"
        for at, rep in enumerate(REPS)
        for n in range(LEADS)
    ]
    path.write_text("\n".join(["rep,v,demo,won,value", *rows]), encoding="utf-8")
    return path


def asked(*outcomes: str, unit: Unit = Unit.REP, **more: Any) -> Question:
    return Question(columns=Columns("v", outcomes, **{"rep": "rep"} | more), unit=unit)


def answer(path: Path, question: Question) -> TableAnalysis:
    with file_table(path) as table:
        return analyse(table, question)


@pytest.mark.parametrize("unit", list(Unit))
def test_each_outcome_is_answered_as_if_it_were_alone(leads: Path, unit: Unit) -> None:
    together = answer(leads, asked("demo", "won", "value", unit=unit))
    for found in together.outcomes:
        alone = answer(leads, asked(found.outcome, unit=unit)).first
        assert (found.groups, found.likeness) == (alone.groups, alone.likeness)
        for method, told in found.comparisons["B"].estimates.items():
            expected = alone.comparisons["B"].estimates[method]
            if isinstance(told, Estimate) and isinstance(expected, Estimate):
                assert (told.effect, told.p) == pytest.approx((expected.effect, expected.p))
                assert told.ci == pytest.approx(expected.ci)
            else:
                assert told == expected
    assert [each.outcome for each in together.outcomes] == ["demo", "won", "value"]


def test_outcomes_of_reps_are_corrected_by_the_step_down_maximum(leads: Path) -> None:
    told = answer(leads, asked("demo", "won", "value")).as_dict()
    every = Complete(tuple(REPS), (4, 4)).every_draw() == 1
    rates = np.stack([each.mean(axis=1) for each in (DEMO, WON, VALUE)])
    expected = step_down_max_t(rates, TREATED, every, exact=True)
    assert [each["family_p"] for each in told["comparisons"]] == pytest.approx(expected)
    assert [each["outcome"] for each in told["outcomes"]] == ["demo", "won", "value"]
    assert told["outcomes"][0]["groups"] == told["groups"]


@pytest.mark.parametrize(
    "question",
    [asked("demo", "won", unit=Unit.LEAD), asked("demo", "won", covariate="value")],
    ids=["leads", "covariate"],
)
def test_other_outcomes_are_corrected_by_holm(leads: Path, question: Question) -> None:
    told = answer(leads, question).as_dict()["comparisons"]
    alone = [each["estimates"][each["primary"]]["p"] for each in told]
    assert [each["family_p"] for each in told] == pytest.approx(list(holm(alone)))


def test_an_outcome_without_an_estimate_counts_in_no_family(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = [
        f"{rep},{'AB'[at % 2]},0,{int(n < at)}" for at, rep in enumerate("abcd") for n in (0, 1)
    ]
    path.write_text("\n".join(["rep,v,none,some", *rows]), encoding="utf-8")
    found = answer(path, asked("none", "some"))
    assert isinstance(found.outcomes[0].comparisons["B"].result, NotEstimable)
    assert set(found.family) == {("some", "B")}
    lone = path.with_name("lone.csv")
    lone.write_text("rep,v,none,some\na,A,0,1\nb,B,1,0\n", encoding="utf-8")
    assert answer(lone, asked("none", "some")).family == {}


def test_one_outcome_has_no_family(leads: Path) -> None:
    (comparison,) = answer(leads, asked("won")).as_dict()["comparisons"]
    assert "family_p" not in comparison


def test_all_outcomes_are_counted_in_one_pass_and_amounts_in_whole_numbers_in_another(
    leads: Path,
) -> None:
    fetched = []
    with file_table(parquet_of(leads)) as table:

        def fetch(expression: object) -> list[dict[str, object]]:
            fetched.append(expression)
            return table.fetch(expression)

        watched = LeadTable(table.table, fetch, table.place_of, table.reads_text)
        analyse(watched, asked("demo", "won"))
        assert len(fetched) == 1
        whole = analyse(watched, asked("demo", "won", "value"))
        assert len(fetched) == 3
    assert whole.as_dict() == answer(leads, asked("demo", "won", "value")).as_dict()


def test_a_ratio_of_sums_has_an_interval_over_reps(leads: Path) -> None:
    found = answer(leads, asked("value", per="won")).first.ratios
    assert found is not None
    values, wins = VALUE.sum(axis=1).astype(float), WON.sum(axis=1).astype(float)
    arms = [(values[arm], wins[arm]) for arm in (~TREATED, TREATED)]
    for variant, arm in zip(("A", "B"), arms, strict=True):
        told, expected = found.variants[variant], ratio(*arm)
        assert isinstance(told, Ratio)
        assert isinstance(expected, Ratio)
        assert (told.value, told.se) == pytest.approx((expected.value, expected.se))
    told, expected = found.differences["B"], ratio_difference(*arms)
    assert isinstance(told, Ratio)
    assert isinstance(expected, Ratio)
    assert told.ci == pytest.approx(expected.ci)
    assert [each["variant"] for each in found.as_dict()["groups"]] == ["A", "B"]


def test_a_ratio_over_nothing_says_why(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = [f"{rep},{'AB'[at % 2]},5,0" for at, rep in enumerate("abcd")]
    path.write_text("\n".join(["rep,v,value,won", *rows]), encoding="utf-8")
    found = answer(path, asked("value", per="won")).first.ratios
    assert found is not None
    told = found.as_dict()["groups"][0]
    assert told == {"variant": "A", "not_estimable": "no_finite_ratio"}
    path.write_text("rep,v,value,won\na,A,1,1\nb,B,1,-0.5\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"won, line 3: -0.5 is below 0\."):
        answer(path, asked("value", per="won"))


def test_each_rep_has_a_raw_and_a_shrunken_rate(leads: Path) -> None:
    with file_table(leads) as table:
        question = Question(
            columns=Columns("v", ("won",), rep="rep"), unit=Unit.REP, each_rep=True
        )
        told = analyse(table, question).as_dict()["rep_rates"]
    totals = [
        RepTotals.of_counts(
            [rep for rep, mine in zip(REPS, arm, strict=True) if mine],
            [LEADS] * 4,
            WON.sum(axis=1)[arm],
        )
        for arm in (~TREATED, TREATED)
    ]
    expected = shrunken_rates(totals)
    assert expected is not None
    rates = [rate for arm in expected for rate in arm]
    assert [each["rep"] for each in told] == list("acegbdfh")
    assert [each["shrunken"] for each in told] == pytest.approx([r.shrunken for r in rates])
    assert [each["raw"] for each in told] == pytest.approx([r.raw for r in rates])


def test_a_rep_of_one_lead_has_a_raw_rate_only(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("rep,v,won\na,A,1\nb,B,0\n", encoding="utf-8")
    with file_table(path) as table:
        question = Question(
            columns=Columns("v", ("won",), rep="rep"), unit=Unit.REP, each_rep=True
        )
        told = analyse(table, question).as_dict()["rep_rates"]
    assert [(each["raw"], each["shrunken"], each["ci"]) for each in told] == [
        (1.0, None, None),
        (0.0, None, None),
    ]
