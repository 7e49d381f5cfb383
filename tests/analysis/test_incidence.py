"""Time to close: the incidence of competing closes, the mean under its curve, and their errors."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.endings import Ending, Endings, Measure
from analysis.estimate import NotEstimable, Why
from analysis.incidence import (
    Measured,
    curve,
    jackknife_se,
    measured,
    rep_values,
    standard_error,
)

REFERENCE = Path(__file__).parent.parent / "reference"
MEASURES = list(Measure)

Lead = tuple[float, int]  # when it closed or was last seen, and how


def endings(leads: Sequence[Lead], reps: list[int] | None = None) -> Endings:
    """An entry a lead; without reps, each lead is its own."""
    rep = np.arange(len(leads)) if reps is None else np.array(reps, dtype=np.int64)
    names = tuple(map(str, range(len(set(rep.tolist())))))
    time = np.array([float(time) for time, _ in leads])
    event = np.array([event for _, event in leads], dtype=np.int64)
    return Endings(time, event, np.ones(len(leads), dtype=np.int64), rep, names)


def mgus2(sex: str | None = None) -> Endings:
    with (REFERENCE / "mgus2.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if sex in (None, row["sex"])]
    return endings([(float(row["etime"]), int(row["event"])) for row in rows])


def found(leads: Endings, measure: Measure, horizon: float) -> Measured:
    result = measured(leads, measure, horizon)
    assert isinstance(result, Measured)
    return result


def values(leads: Endings, measure: Measure, horizon: float) -> list[float]:
    result = rep_values(leads, measure, horizon)
    assert not isinstance(result, NotEstimable)
    return [float(each) for each in result]


# Whole days, so that ties are common, as CRMs' dates have them.
closes = st.tuples(st.integers(0, 12), st.sampled_from([0, 1, 2]))
teams = st.lists(closes, min_size=2, max_size=25)


def reference() -> list[dict[str, str]]:
    with (REFERENCE / "aalen_johansen_mgus2.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_matches_r_survival_in_all_and_by_sex_at_every_time() -> None:
    groups = {"all": mgus2(), "sex=F": mgus2("F"), "sex=M": mgus2("M")}
    rows = reference()
    assert len(rows) == 36
    for row in rows:
        measure = Measure.WON if row["cause"] == "pcm" else Measure.LOST
        result = found(groups[row["group"]], measure, float(row["time"]))
        assert result.value == pytest.approx(float(row["cif"]), abs=1e-12)
        assert result.se == pytest.approx(float(row["se_IJ"]), abs=1e-12)


def test_lost_leads_are_not_taken_for_leads_out_of_sight() -> None:
    leads = mgus2()
    # 1 − Kaplan–Meier with death as censored, as the specification has it: .26 against .11.
    still = 1.0
    for time in np.unique(leads.time[leads.event == Ending.WON]):
        if time <= 300:
            won = np.count_nonzero((leads.time == time) & (leads.event == Ending.WON))
            still *= 1 - won / np.count_nonzero(leads.time >= time)
    assert round(1 - still, 2) == 0.26
    assert round(found(leads, Measure.WON, 300).value, 2) == 0.11


def test_a_small_team_gives_what_a_hand_reckons() -> None:
    # At 1 one of four is won. One goes out of sight at 2. At 3 one of two is lost, and at 4 the
    # last is won: 1/4 + 3/4 · 1/2 · 1 are won, 3/4 · 1/2 lost.
    leads = endings([(1, 1), (2, 0), (3, 2), (4, 1)])
    assert found(leads, Measure.WON, 4).value == pytest.approx(0.625)
    assert found(leads, Measure.LOST, 4).value == pytest.approx(0.375)
    assert found(leads, Measure.WON, 3.9).value == pytest.approx(0.25)
    # Under 1 − incidence: 1 until 1, then 3/4 until 4.
    assert found(leads, Measure.TIME_TO_WON, 4).value == pytest.approx(1 + 3 * 0.75)


def test_a_lead_that_closes_meets_those_last_seen_on_the_same_day() -> None:
    assert found(endings([(5, 1), (5, 0), (9, 0)]), Measure.WON, 9).value == pytest.approx(1 / 3)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([1, 2])), min_size=2, max_size=25))
def test_without_open_leads_all_are_plain_shares_and_means(leads: list[Lead]) -> None:
    team, horizon, count = endings(leads), 6.0, len(leads)
    for measure, event in ((Measure.WON, 1), (Measure.LOST, 2)):
        share = sum(time <= horizon and each == event for time, each in leads) / count
        result = found(team, measure, horizon)
        assert result.value == pytest.approx(share, abs=1e-12)
        expected = math.sqrt(share * (1 - share) / count)
        assert (result.se or 0.0) == pytest.approx(expected, abs=1e-9)
        jackknife = jackknife_se(team, measure, horizon)
        if isinstance(jackknife, float):
            # The jackknife of a mean is its standard error with n − 1.
            assert jackknife == pytest.approx(math.sqrt(share * (1 - share) / (count - 1)))
        assert values(team, measure, horizon) == pytest.approx(
            [float(time <= horizon and each == event) for time, each in leads], abs=1e-9
        )
    waits = [min(time, horizon) if event == 1 else horizon for time, event in leads]
    mean = found(team, Measure.TIME_TO_WON, horizon)
    assert mean.value == pytest.approx(np.mean(waits))
    assert (mean.se or 0.0) == pytest.approx(np.std(waits) / math.sqrt(count), abs=1e-8)


@given(teams, st.randoms(use_true_random=False))
def test_the_order_and_the_grouping_of_leads_change_nothing(
    leads: list[Lead], random: object
) -> None:
    shuffled = sorted(leads, key=lambda _: random.random())  # type: ignore[attr-defined]
    kinds = sorted(set(leads))
    grouped = Endings(
        np.array([float(time) for time, _ in kinds]),
        np.array([event for _, event in kinds]),
        np.array([leads.count(kind) for kind in kinds]),
        np.arange(len(kinds)),
        tuple(map(str, range(len(kinds)))),
    )
    for measure in MEASURES:
        first = measured(endings(leads), measure, 5)
        for other in (endings(shuffled), grouped):
            again = measured(other, measure, 5)
            if isinstance(first, NotEstimable) or isinstance(again, NotEstimable):
                assert first == again
            else:
                assert again.value == pytest.approx(first.value, abs=1e-12)
                assert (again.se or 0.0) == pytest.approx(first.se or 0.0, abs=1e-12)


@given(teams, st.sampled_from([1 / 24, 7.0, 86_400.0]))
def test_the_unit_of_time_changes_shares_by_nothing_and_days_in_proportion(
    leads: list[Lead], unit: float
) -> None:
    other = endings([(time * unit, event) for time, event in leads])
    for measure in MEASURES:
        first, again = measured(endings(leads), measure, 5), measured(other, measure, 5 * unit)
        if isinstance(first, NotEstimable) or isinstance(again, NotEstimable):
            assert first == again
            continue
        factor = unit if measure is Measure.TIME_TO_WON else 1.0
        assert again.value == pytest.approx(first.value * factor)
        assert (again.se is None) == (first.se is None)
        assert (again.se or 0.0) == pytest.approx((first.se or 0.0) * factor)


@given(teams)
def test_won_lost_and_open_make_up_all_leads(leads: list[Lead]) -> None:
    team = endings(leads)
    if isinstance(measured(team, Measure.WON, 6), NotEstimable):
        return
    won, lost = found(team, Measure.WON, 6), found(team, Measure.LOST, 6)
    # Kaplan and Meier's share still open, by its own product.
    still = 1.0
    for time in {time for time, event in leads if event and time <= 6}:
        closing = sum(each == time and event > 0 for each, event in leads)
        still *= 1 - closing / sum(each >= time for each, _ in leads)
    assert won.value + lost.value + still == pytest.approx(1.0)


@given(teams)
def test_the_mean_is_the_area_over_the_curve(leads: list[Lead]) -> None:
    team = endings(leads)
    if isinstance(measured(team, Measure.WON, 7), NotEstimable):
        return
    steps = [found(team, Measure.WON, end).value for end in (1e-9, 1, 2, 3, 4, 5, 6)]
    assert found(team, Measure.TIME_TO_WON, 7).value == pytest.approx(7 - sum(steps))


@given(teams)
def test_a_leads_influence_is_what_one_more_of_it_changes(leads: list[Lead]) -> None:
    team = endings(leads)
    many = 10**6
    for measure in MEASURES:
        result = measured(team, measure, 5)
        if isinstance(result, NotEstimable):
            continue
        for place in (0, len(leads) - 1):
            n = np.full(len(leads), many)
            n[place] += 1
            more = Endings(team.time, team.event, n, team.rep, team.reps)
            change = many * (found(more, measure, 5).value - result.value)
            assert change == pytest.approx(result.influence[place], abs=2e-3)


def test_the_errors_of_leads_agree_with_leaving_out_one_at_a_time() -> None:
    leads = mgus2("M")
    for measure in MEASURES:
        jackknife = jackknife_se(leads, measure, 120)
        assert isinstance(jackknife, float)
        # Of n leads the two differ by about 1/n.
        assert jackknife == pytest.approx(found(leads, measure, 120).se, rel=3 / 753)


def test_reps_who_differ_make_the_error_larger_than_their_leads_alone() -> None:
    wins, losses = [(3.0, 1)] * 20, [(3.0, 2)] * 20
    team = endings(wins + losses, [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10)
    by_rep = standard_error(team, Measure.WON, 5, by_rep=True)
    # Four rates 1, 1, 0, 0: their standard error is √(Σ(r − ½)²/3/4).
    assert by_rep == pytest.approx(math.sqrt(1 / 3 / 4))
    assert standard_error(team, Measure.WON, 5, by_rep=False) == pytest.approx(
        math.sqrt(0.25 / 40)
    )


def test_a_reps_value_is_its_leads_share_of_the_whole() -> None:
    leads: list[Lead] = [(1, 1), (2, 0), (3, 2), (4, 1), (6, 0), (6, 0)]
    team = endings(leads, [0, 0, 1, 1, 1, 2])
    ours = values(team, Measure.WON, 5)
    whole = found(team, Measure.WON, 5)
    # Counting each rep by its leads gives back the whole.
    assert np.average(ours, weights=[2, 3, 1]) == pytest.approx(whole.value)


def test_no_wins_is_a_share_of_0_without_an_error() -> None:
    leads = endings([(2, 2), (9, 0), (9, 0)])
    assert (found(leads, Measure.WON, 8).value, found(leads, Measure.WON, 8).se) == (0.0, None)
    assert found(leads, Measure.TIME_TO_WON, 8).value == 8.0
    assert jackknife_se(leads, Measure.WON, 8) == NotEstimable(Why.NO_VARIATION)
    assert standard_error(leads, Measure.WON, 8, by_rep=True) is None


def test_all_open_at_the_horizon_is_neither_won_nor_lost() -> None:
    leads = endings([(30, 0), (40, 0), (50, 1)])
    for measure in (Measure.WON, Measure.LOST):
        assert (found(leads, measure, 30).value, found(leads, measure, 30).se) == (0.0, None)


def test_all_won_is_a_share_of_1_without_an_error() -> None:
    leads = endings([(1, 0), (2, 1), (3, 1), (4, 1)])
    assert (found(leads, Measure.WON, 30).value, found(leads, Measure.WON, 30).se) == (1.0, None)


def test_beyond_what_is_followed_there_is_no_number() -> None:
    leads = endings([(1, 1), (5, 0)])
    why = NotEstimable(Why.NOT_FOLLOWED)
    assert measured(leads, Measure.WON, 6) == why
    assert rep_values(leads, Measure.WON, 6) == why
    assert standard_error(leads, Measure.WON, 6, by_rep=False) is None
    assert found(leads, Measure.WON, 5).value == 0.5
    # Without the rep who is seen longest nobody is followed so far.
    assert jackknife_se(endings([(1, 1), (3, 0), (5, 0)]), Measure.WON, 5) == why
    assert jackknife_se(endings([(1, 1)]), Measure.WON, 5) == NotEstimable(Why.TOO_FEW_REPS)


def test_nobody_left_without_the_only_rep_who_had_leads_at_all() -> None:
    # All of the first rep's leads are out of sight on the first day.
    leads = endings([(0, 0), (5, 0)])
    assert jackknife_se(leads, Measure.WON, 5) == NotEstimable(Why.NOT_FOLLOWED)


def test_a_curve_stops_where_leads_are_no_longer_followed() -> None:
    leads = endings([(1, 1), (2, 2), (3, 1), (5, 0), (5, 0)])
    won = curve(leads, Measure.WON, [1, 3, 5, 6], by_rep=False)
    assert [point.time for point in won] == [1, 3, 5]
    assert [point.value for point in won] == pytest.approx([0.2, 0.4, 0.4])
    assert won[0].se == found(leads, Measure.WON, 1).se
    by_rep = curve(leads, Measure.LOST, [3], by_rep=True)
    assert by_rep[0].se == jackknife_se(leads, Measure.LOST, 3)


def test_no_leads_have_no_incidence() -> None:
    nobody = mgus2().of(np.zeros(1384, dtype=np.bool_))
    assert measured(nobody, Measure.WON, 5) == NotEstimable(Why.NO_LEADS)
    assert not nobody.is_followed(5)


def test_chosen_reps_keep_their_leads_and_names() -> None:
    team = endings([(1, 1), (2, 2), (3, 0), (4, 1)], [0, 1, 2, 1])
    some = team.of(np.array([False, True, True]))
    assert (some.reps, some.rep.tolist(), some.time.tolist()) == (
        ("1", "2"),
        [0, 1, 0],
        [2.0, 3.0, 4.0],
    )
    assert some.leads == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": np.array([-1.0, 2.0])}, "0 or more"),
        ({"time": np.array([np.nan, 2.0])}, "finite"),
        ({"time": np.array([1.0])}, "as many times"),
        ({"event": np.array([1, 3])}, "open, won or lost"),
        ({"n": np.array([1, 0])}, "one lead or more"),
        ({"reps": ("a", "b", "c")}, "each rep has leads"),
    ],
)
def test_endings_that_cannot_be_are_refused(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "time": np.array([1.0, 2.0]),
        "event": np.array([1, 0]),
        "n": np.array([1, 1]),
        "rep": np.array([0, 1]),
        "reps": ("a", "b"),
    }
    with pytest.raises(ValueError, match=message):
        Endings(**(good | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("horizon", [0.0, -1.0, math.inf, math.nan])
def test_a_horizon_is_above_0(horizon: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        measured(mgus2(), Measure.WON, horizon)
