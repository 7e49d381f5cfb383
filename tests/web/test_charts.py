"""Where the marks of the charts go."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.charts.courses import courses
from web.charts.dots import NARROW, DotGroup, RepDot, dots
from web.charts.flow import FlowStep, Part, Way, flow
from web.charts.forest import ForestRow, forest
from web.charts.funnel import FunnelStep, Share, funnel
from web.charts.interval import Difference, interval_mark
from web.charts.milestones import Comparison, Milestone, milestone_table
from web.charts.months import HEADROOM, HEIGHT, MonthMark, months
from web.charts.scale import EDGE, Scale, scale_over
from web.charts.shares import ShareRow, shares

finite = st.floats(min_value=-1, max_value=1, allow_nan=False)


def values(scale: Scale) -> list[float]:
    return [tick.value for tick in scale.ticks]


# The scale


@pytest.mark.parametrize(
    ("held", "ticks"),
    [
        ([-0.031, 0.117], [-0.05, 0.0, 0.05, 0.10, 0.15]),
        ([0.006, 0.079], [0.0, 0.02, 0.04, 0.06, 0.08]),
        ([-0.5, -0.2], [-0.5, -0.4, -0.3, -0.2, -0.1, 0.0]),
        ([0.3, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_ticks_are_the_numbers_people_write(held: list[float], ticks: list[float]) -> None:
    assert values(scale_over(held)) == ticks


@given(st.lists(finite, max_size=8))
def test_a_scale_holds_zero_and_every_value_with_few_ticks(held: list[float]) -> None:
    scale = scale_over(held)
    assert all(scale.low - 1e-9 <= value <= scale.high + 1e-9 for value in (0.0, *held))
    assert 2 <= len(scale.ticks) <= 7
    assert 0.0 in values(scale)


@given(st.lists(finite, min_size=1, max_size=8))
def test_a_scale_keeps_the_order_and_stays_inside_its_edges(held: list[float]) -> None:
    scale = scale_over(held)
    places = [scale.at(value) for value in sorted(held)]
    assert places == sorted(places)
    assert all(EDGE - 1e-3 <= place <= 100 - EDGE + 1e-3 for place in places)


@given(finite)
def test_a_mirrored_scale_is_the_reflection(value: float) -> None:
    plain = scale_over([value])
    mirrored = scale_over([value], mirrored=True)
    assert mirrored.at(value) == pytest.approx(100 - plain.at(value), abs=1e-2)


def test_equal_values_have_room() -> None:
    assert values(scale_over([0.0, 0.0])) == [0.0, 0.005, 0.01, 0.015, 0.02]


def test_nothing_at_all_has_a_scale() -> None:
    assert scale_over([]).high > scale_over([]).low


def test_a_rate_is_never_drawn_below_zero() -> None:
    assert scale_over([0.001]).low == 0.0


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        scale_over([value])


@pytest.mark.parametrize(("step", "digits"), [(0.1, 0), (0.01, 0), (0.005, 1), (0.001, 1)])
def test_tick_labels_have_as_many_decimals_as_they_need(step: float, digits: int) -> None:
    assert Scale(0.0, 10 * step, step).digits == digits


# The interval


@pytest.fixture
def scale() -> Scale:
    return Scale(-0.1, 0.1, 0.05)


def test_an_interval_runs_from_its_low_to_its_high_end(scale: Scale) -> None:
    mark = interval_mark(scale, Difference(1, 0.0, -0.1, 0.1))
    assert mark is not None
    assert (mark.start, mark.at, mark.end) == (EDGE, 50.0, 100 - EDGE)
    assert not mark.open_start
    assert not mark.open_end


def test_an_unbounded_end_reaches_the_border_with_an_arrow(scale: Scale) -> None:
    mark = interval_mark(scale, Difference(1, 0.05, 0.0, None))
    assert mark is not None
    assert (mark.end, mark.open_end, mark.open_start) == (100.0, True, False)


def test_a_mirrored_interval_swaps_its_ends_and_arrows() -> None:
    mirrored = Scale(-0.1, 0.1, 0.05, mirrored=True)
    mark = interval_mark(mirrored, Difference(1, 0.05, 0.0, None))
    assert mark is not None
    assert (mark.start, mark.open_start) == (0.0, True)
    assert (mark.end, mark.open_end) == (50.0, False)
    assert mark.start < mark.at < mark.end


def test_what_cannot_be_estimated_has_no_mark(scale: Scale) -> None:
    assert interval_mark(scale, Difference(1, None, why="too few reps")) is None


# The forest


def test_a_forest_puts_all_rows_on_one_scale() -> None:
    chart = forest(
        [
            ForestRow("t", Difference(1, 0.04, 0.004, 0.076)),
            ForestRow("CR2", Difference(1, 0.046, -0.002, None)),
        ]
    )
    assert chart.scale.low == -0.02
    assert chart.scale.high == 0.08


def test_a_row_without_an_estimate_does_not_widen_the_scale() -> None:
    chart = forest([ForestRow("x", Difference(1, None, low=-0.9, high=0.9))])
    assert chart.scale.high - chart.scale.low < 0.1


# The funnel


def test_a_bar_is_as_long_as_its_share() -> None:
    [group] = funnel([FunnelStep("Won", [Share(0.141, 85, 603)])])
    assert (group.bars[0].start, group.bars[0].length) == (0.0, 14.1)


def test_a_mirrored_bar_ends_at_the_right_border() -> None:
    [group] = funnel([FunnelStep("Won", [Share(0.25, 1, 4)])], mirrored=True)
    assert group.bars[0].start + group.bars[0].length == 100.0


def test_a_fifth_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        funnel([FunnelStep("Won", [Share(0.1, 1, 10)] * 5)])


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_share_outside_its_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        funnel([FunnelStep("Won", [Share(rate, 1, 10)])])


# The milestone table


def milestones(count: int) -> list[Milestone]:
    share = Share(0.141, 85, 603)
    comparisons = [
        Comparison(share, Difference(slot, 0.041, 0.006, 0.079)) for slot in range(1, count)
    ]
    return [Milestone("Qualified", share, comparisons), Milestone("Won", share, comparisons)]


def test_only_the_first_comparison_opens_its_milestone() -> None:
    table = milestone_table(milestones(4))
    assert [line.first for line in table.lines] == [True, False, False] * 2


# The dots

reps = st.lists(
    st.builds(
        RepDot,
        name=st.just("Ada"),
        rate=st.floats(min_value=0, max_value=1),
        leads=st.integers(min_value=1, max_value=500),
    ),
    max_size=25,
)


@given(reps)
def test_no_two_dots_overlap_even_on_a_phone(group: list[RepDot]) -> None:
    [row] = dots([DotGroup(0, group)]).rows
    for one, other in itertools.combinations(row.dots, 2):
        across = (one.at - other.at) / 100 * NARROW
        apart = math.hypot(across, one.off - other.off)
        assert apart >= one.radius + other.radius - 0.05


@given(reps)
def test_every_dot_lies_within_its_row(group: list[RepDot]) -> None:
    [row] = dots([DotGroup(0, group)]).rows
    assert len(row.dots) == len(group)
    assert all(abs(dot.off) + dot.radius <= row.height / 2 for dot in row.dots)


def test_the_area_of_a_dot_is_its_leads() -> None:
    [row] = dots([DotGroup(0, [RepDot("Ada", 0.1, 100), RepDot("Bo", 0.3, 25)])]).rows
    big, small = row.dots
    assert big.radius == pytest.approx(2 * small.radius)


def test_a_variant_without_reps_has_an_empty_row() -> None:
    [row] = dots([DotGroup(1, [])]).rows
    assert row.dots == ()
    assert row.mean_at is None


# Ways and shares


def test_the_parts_of_a_flow_stand_in_a_row_and_share_the_longest_bar() -> None:
    parts = [Part(Way.ON, "Demo", 30), Part(Way.BACK, "New", 10), Part(Way.LOST, "Lost", 40)]
    first, second = flow([FlowStep("New", 70, parts), FlowStep("Demo", 20, parts[:1])])
    assert [(each.start, each.length) for each in first.parts] == [
        (0, 37.5),
        (37.5, 12.5),
        (50, 50),
    ]
    assert second.parts[0].length == 37.5
    (mirrored,) = flow([FlowStep("New", 70, parts)], mirrored=True)
    assert [each.start for each in mirrored.parts] == [62.5, 50, 0]


def test_a_flow_may_be_empty_but_not_negative() -> None:
    assert flow([]) == ()
    assert flow([FlowStep("New", 0, [Part(Way.ON, "Demo", 0)])])[0].parts[0].length == 0
    with pytest.raises(ValueError, match="negative"):
        flow([FlowStep("New", 1, [Part(Way.ON, "Demo", -1)])])


def test_shares_have_a_mark_and_an_interval_where_they_are_known() -> None:
    rows = [ShareRow("a", 0.2, 0.1, 0.3), ShareRow("b", 0.4), ShareRow("c", None)]
    chart = shares(rows, mirrored=True)
    a, b, c = chart.marks
    assert a.at == chart.scale.at(0.2)
    assert a.start is not None
    assert a.end is not None
    assert a.start < a.at < a.end
    assert (b.at, b.start) == (chart.scale.at(0.4), None)
    assert c.at is None


def test_months_stand_side_by_side_and_the_highest_fits() -> None:
    chart = months([MonthMark("Mar", 50.0), MonthMark("Apr", None, 60.0, 20.0, 100.0)])
    march, april = chart.columns
    assert (march.at, april.at) == (25.0, 75.0)
    assert march.bar_top == HEIGHT - (HEIGHT - HEADROOM) / 2
    assert (april.top, april.bar_top, march.expected_at) == (HEADROOM, None, None)
    assert april.bottom is not None
    assert april.expected_at is not None
    assert april.bottom > april.expected_at > HEADROOM
    mirrored = months([MonthMark("Mar", 50.0), MonthMark("Apr", 10.0)], mirrored=True)
    assert [each.at for each in mirrored.columns] == [75.0, 25.0]
    assert months([]).columns == ()
    assert months([MonthMark("Mar", 0.0)]).columns[0].bar_top == HEIGHT


def test_courses_rise_in_steps_and_end_at_their_last_share() -> None:
    chart = courses([[(1, 0.0), (10, 0.1)], [], [(10, 0.2)]], horizon=20)
    assert [line.slot for line in chart.lines] == [0, 2]
    assert chart.days.high == 20
    first, last = chart.lines
    assert last.end_height < first.end_height
    corners = [tuple(map(float, each.split(","))) for each in first.points.split()]
    # From nothing at day 0, flat up to day 10, and up there.
    assert corners[0] == (chart.days.at(0), 100 - chart.shares.at(0))
    assert corners[-2] == (chart.days.at(10), 100 - chart.shares.at(0))
    assert corners[-1][1] == pytest.approx(100 - chart.shares.at(0.1), abs=0.01)
    assert chart.heights[0] == (0.0, 100 - chart.shares.at(0))


def test_mirrored_courses_run_from_the_right() -> None:
    chart = courses([[(20, 0.5)]], horizon=20, mirrored=True)
    assert chart.lines[0].end_at < 50


def test_courses_of_nobody_have_no_lines() -> None:
    assert courses([[], []], horizon=20).lines == ()
