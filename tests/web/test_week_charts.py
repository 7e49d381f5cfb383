"""Curves and bars over weeks, as their numbers say."""

from __future__ import annotations

import pytest

from web.charts.curve import curve
from web.charts.weeks import WeekRow, week_bars


def test_a_curve_rises_from_below_and_its_level_is_a_height() -> None:
    drawn = curve([(0, 0.0), (10, 0.5), (20, 1.0)], level=0.8)
    # The scale keeps 5% free at both ends; heights are counted from above.
    assert drawn.points == "5.00,100.00 50.00,50.00 95.00,0.00"
    assert drawn.level_at == pytest.approx(20)
    mirrored = curve([(0, 0.0), (20, 1.0)], level=0.8, mirrored=True)
    assert mirrored.points == "95.00,100.00 5.00,0.00"


@pytest.mark.parametrize(("mirrored", "begins"), [(False, (5.0, 50.0)), (True, (50.0, 5.0))])
def test_a_bar_has_its_new_leads_and_then_the_wait(
    mirrored: bool, begins: tuple[float, float]
) -> None:
    rows = [WeekRow("chance", 10, 20), WeekRow("pairs", None, None, why="over a year")]
    bar, none = week_bars(rows, mirrored=mirrored).bars
    assert (bar.begins, bar.widths) == (begins, (45.0, 45.0))
    assert (none.begins, none.widths) == ((0.0, 0.0), (0.0, 0.0))


def test_nothing_to_draw_has_a_scale_all_the_same() -> None:
    assert week_bars([WeekRow("pairs", None, None)]).scale.high >= 4
    assert curve([], level=0.8).points == ""
