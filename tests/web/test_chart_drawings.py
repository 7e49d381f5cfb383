"""How the macros draw the charts: names, titles, numbers and tables."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from jinja2 import ChoiceLoader, DictLoader

from web.charts.dots import DotGroup, RepDot, dots
from web.charts.forest import ForestRow, forest
from web.charts.funnel import FunnelStep, Share, funnel
from web.charts.interval import Difference
from web.charts.milestones import Comparison, Milestone, milestone_table
from web.templating import make_environment, reader_for, render

VARIANTS = ["Discovery first", "Demo first", "Trial first", "Offer first"]


def draw(source: str, **context: object) -> str:
    environment = make_environment()
    assert environment.loader is not None
    environment.loader = ChoiceLoader([DictLoader({"page.html": source}), environment.loader])
    return render(environment, "page.html", reader=reader_for("en", ZoneInfo("UTC")), **context)


def milestones(count: int) -> list[Milestone]:
    share = Share(0.141, 85, 603)
    comparisons = [
        Comparison(share, Difference(slot, 0.041, 0.006, 0.079)) for slot in range(1, count)
    ]
    return [Milestone("Qualified", share, comparisons), Milestone("Won", share, comparisons)]


def test_a_forest_without_rows_says_so() -> None:
    shown = draw(
        '{% from "charts/forest.html" import forest %}{{ forest(chart, "By method") }}',
        chart=forest([]),
    )
    assert "Nothing to draw yet." in shown
    assert "<svg" not in shown


def test_a_drawn_forest_has_a_name_titles_numbers_and_a_table() -> None:
    chart = forest(
        [
            ForestRow("t", Difference(1, 0.041, 0.006, 0.079), primary=True),
            ForestRow("CACE", Difference(1, None, why="nobody followed")),
        ]
    )
    shown = draw(
        '{% from "charts/forest.html" import forest %}{{ forest(chart, "By method") }}',
        chart=chart,
    )
    assert 'aria-label="By method"' in shown
    assert "<title>t: +4.1 points (+0.6 to +7.9)</title>" in shown
    assert "<title>CACE: nobody followed</title>" in shown
    assert "<table" in shown


def test_an_unknown_share_has_no_bar_and_no_number() -> None:
    groups = funnel([FunnelStep("Won", [Share(None, 0, 0)])])
    assert groups[0].bars[0].length == 0.0
    shown = draw(
        '{% from "charts/funnel.html" import funnel %}{{ funnel(groups, ["A"], "Funnel") }}',
        groups=groups,
    )
    assert "not known" in shown
    assert ">0.0%<" not in shown


def test_a_funnel_gives_raw_counts_and_a_sign_beside_each_bar() -> None:
    steps = [FunnelStep("Won", [Share(0.141, 85, 1603), Share(0.182, 110, 603)])]
    shown = draw(
        '{% from "charts/funnel.html" import funnel %}{{ funnel(groups, names, "Funnel") }}',
        groups=funnel(steps),
        names=VARIANTS[:2],
    )
    assert "<title>Discovery first, Won: 85 of 1,603</title>" in shown
    assert "18.2%" in shown
    assert shown.count("<bdi>Demo first</bdi>") >= 2


@pytest.mark.parametrize("count", [2, 4])
def test_a_milestone_table_has_as_many_cells_as_columns(count: int) -> None:
    shown = draw(
        '{% from "charts/milestones.html" import milestones %}{{ milestones(chart, names) }}',
        chart=milestone_table(milestones(count)),
        names=VARIANTS[:count],
    )
    columns = shown.count('role="columnheader"')
    cells = shown.count('role="cell"') + shown.count('role="rowheader"')
    assert cells == columns * 2 * (count - 1)
    assert "+0.6 to +7.9" in shown


def test_a_difference_that_cannot_be_said_is_told_in_words() -> None:
    share = Share(0.0, 0, 20)
    table = milestone_table(
        [Milestone("Won", share, [Comparison(share, Difference(1, None, why="no wins yet"))])]
    )
    shown = draw(
        '{% from "charts/milestones.html" import milestones %}{{ milestones(chart, names) }}',
        chart=table,
        names=VARIANTS[:2],
    )
    assert "no wins yet" in shown
    assert 'class="span"' not in shown


def test_drawn_dots_tell_each_rep_and_the_average() -> None:
    chart = dots([DotGroup(0, [RepDot("Ada", 0.14, 1), RepDot("Bo", 0.2, 31)], mean=0.17)])
    shown = draw(
        '{% from "charts/dots.html" import dots %}{{ dots(chart, ["A"], "Each rep") }}',
        chart=chart,
    )
    assert "<title>Bo: 20.0% of 31 leads</title>" in shown
    assert "<title>Ada: 14.0% of 1 lead</title>" in shown
    assert "average 17.0%" in shown


@pytest.mark.parametrize("name", ["forest", "funnel", "milestones", "dots", "interval", "marks"])
def test_a_chart_places_its_marks_without_styles(name: str) -> None:
    source, _, _ = make_environment().loader.get_source(  # type: ignore[union-attr]  # it has one
        make_environment(), f"charts/{name}.html"
    )
    assert not re.search(r"\sstyle=|viewBox=\"0 0", source)
