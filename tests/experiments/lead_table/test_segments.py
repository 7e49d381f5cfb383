"""Segments, caps and the largest amount in a table of leads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.heterogeneity import Heterogeneity, rep_heterogeneity
from analysis.methods import Unit
from assignment.design import Complete
from experiments.lead_table.analysis import analyse
from experiments.lead_table.answer import Question, TableAnalysis
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import file_table
from experiments.problem import Refused

RATES = {"a": 1, "b": 3, "c": 2, "d": 5, "e": 4, "f": 2, "g": 6, "h": 7}
TREATED = "bdfh"


def table(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text("\n".join(["rep,v,team,y", *lines]), encoding="utf-8")
    return path


def by_rep(tmp_path: Path) -> Path:
    """Ten leads a rep, of whom so many are won; two teams of four."""
    return table(
        tmp_path,
        *(
            f"{rep},{'B' if rep in TREATED else 'A'},{'north' if rep in 'abcd' else 'south'},"
            f"{int(n < won)}"
            for rep, won in RATES.items()
            for n in range(10)
        ),
    )


def answer(path: Path, **changed: Any) -> TableAnalysis:
    unit = changed.pop("unit", Unit.REP)
    columns = Columns("v", ("y",), **{"rep": "rep", "segment": "team"} | changed)
    with file_table(path) as leads:
        return analyse(leads, Question(columns=columns, unit=unit))


def test_split_reps_have_one_test_over_segments(tmp_path: Path) -> None:
    found = answer(by_rep(tmp_path))
    names, tested = found.first.heterogeneity["B"]
    assert list(names) == ["north", "south"]
    assert isinstance(tested, Heterogeneity)
    rates = np.array(list(RATES.values())) / 10
    treated = np.array([rep in TREATED for rep in RATES])
    every = Complete(tuple(RATES), (4, 4)).every_draw() == 1
    direct = rep_heterogeneity(rates, treated, np.repeat([0, 1], 4), every, exact=True)
    assert tested == direct
    told = found.as_dict()["comparisons"][0]["heterogeneity"]
    assert [each["segment"] for each in told["segments"]] == ["north", "south"]
    assert told["segments"][0]["effect"] == pytest.approx(0.25)
    assert (told["p"], told["draws"]) == (tested.p, tested.draws)


def test_split_leads_have_one_too(tmp_path: Path) -> None:
    found = answer(by_rep(tmp_path), unit=Unit.LEAD)
    told = found.as_dict()["comparisons"][0]["heterogeneity"]
    assert told["df"] == 1
    assert told["segments"][1]["effect"] == pytest.approx(-0.05)


def test_likeness_has_an_interval_and_a_cost(tmp_path: Path) -> None:
    told = answer(by_rep(tmp_path)).as_dict()
    low, high = told["icc_ci"]
    assert low < told["icc"] < high
    assert told["design_effect"] == pytest.approx(1 + 9 * told["icc"])
    without = answer(by_rep(tmp_path), rep=None, unit=Unit.LEAD).as_dict()
    assert (without["icc"], without["icc_ci"], without["design_effect"]) == (None, None, None)


AMOUNTS = (
    *("a,A,n,0", "a,A,n,10", "b,A,n,20", "b,A,n,0", "c,A,n,5", "c,A,n,9"),
    *("d,B,n,0", "d,B,n,15", "e,B,n,30", "e,B,n,0", "f,B,n,1000", "f,B,n,6"),
)


@pytest.mark.parametrize("unit", [Unit.REP, Unit.LEAD])
def test_amounts_are_told_without_the_largest(tmp_path: Path, unit: Unit) -> None:
    whole = answer(table(tmp_path, *AMOUNTS), segment=None, unit=unit)
    left = [line for line in AMOUNTS if not line.endswith("1000")]
    expected = answer(table(tmp_path, *left), segment=None, unit=unit)
    told, wanted = whole.first.trimmed["B"].result, expected.first.comparisons["B"].result
    assert isinstance(told, Estimate)
    assert isinstance(wanted, Estimate)
    assert (told.effect, told.p) == pytest.approx((wanted.effect, wanted.p))
    assert told.ci == pytest.approx(wanted.ci)
    assert "without_largest" in whole.as_dict()["comparisons"][0]


def test_a_lone_largest_lead_takes_its_rep_along(tmp_path: Path) -> None:
    lines = [*AMOUNTS, "g,B,n,5000"]
    whole = answer(table(tmp_path, *lines), segment=None)
    expected = answer(table(tmp_path, *AMOUNTS), segment=None)
    assert whole.first.trimmed["B"].result == expected.first.comparisons["B"].result


def test_no_amount_counts_for_more_than_the_cap(tmp_path: Path) -> None:
    capped = answer(table(tmp_path, *AMOUNTS), segment=None, cap=30.0)
    low = [line.replace("1000", "30") for line in AMOUNTS]
    assert (
        capped.first.comparisons == answer(table(tmp_path, *low), segment=None).first.comparisons
    )


def test_what_has_no_segments_is_refused(tmp_path: Path) -> None:
    both = [*AMOUNTS, "a,A,s,3"]
    with pytest.raises(Refused, match=r"team, line 14: Rep a is in two segments, n and s\."):
        answer(table(tmp_path, *both))
    with pytest.raises(Refused, match="the outcome is 0 or 1"):
        answer(table(tmp_path, *AMOUNTS), unit=Unit.LEAD)
    lone = ["a,A,n,0", "b,B,n,1", "c,A,n,1", "d,B,n,0", "e,A,s,1"]
    with pytest.raises(Refused, match="Segment s has leads of one variant only"):
        answer(table(tmp_path, *lone), unit=Unit.LEAD)


def test_one_segment_is_no_question(tmp_path: Path) -> None:
    found = answer(table(tmp_path, "a,A,n,0", "b,B,n,1", "c,A,n,1", "d,B,n,0"))
    told = found.as_dict()["comparisons"][0]["heterogeneity"]
    assert told == {"not_estimable": "one_segment"}
