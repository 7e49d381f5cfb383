"""A report's sentences, from reports built on small worlds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from analysis import lead_methods, rep_methods
from analysis.comparison import Comparison as Methods
from analysis.estimate import Estimate, NotEstimable, Result, Why
from experiments.caveats import Caveat, Note
from experiments.check import Check, CheckName, State
from experiments.comparing import Comparison, Group, Row
from experiments.experiment import Status, Unit
from experiments.metric import CATALOGUE, Quantity
from experiments.plan import Plan, PlannedVariant
from experiments.planned_split import Split
from experiments.process import Milestone
from experiments.report import Report
from experiments.verdict import RULES, Verdict
from web.method_texts import HOW, METHODS
from web.sentences import WHYS
from web.templating import reader_for
from web.wording import Words, plain

NOW = datetime(2026, 9, 1, tzinfo=UTC)
WORDS = Words(reader_for("en", ZoneInfo("Europe/Berlin")))
STAGES: dict[str, str | None] = {"won": "won"}
CONTROL = PlannedVariant(1, "discovery", "Discovery <first>", "p@1", 1, STAGES, True, 1)
TREATMENT = PlannedVariant(2, "demo", "Demo first", "p@2", 2, STAGES, False, 1)


def estimate(effect: float, low: float | None, high: float | None, p: float = 0.01) -> Estimate:
    return Estimate(effect=effect, ci=(low, high), p=p, level=0.95, draws=70, smallest_p=0.03)


def told(verdict: Verdict, result: Result, **changed: object) -> Report:
    """A report with one comparison, whose verdict is given."""
    plan = Plan(
        experiment="e",
        hypothesis="h",
        unit=Unit.REP,
        by_account=False,
        variants=(CONTROL, TREATMENT),
        participants=("a", "b"),
        milestone=Milestone.WON,
        horizon_days=60,
        level=0.95,
        enrol_from_at="",
        enrol_until_at="",
        rehearsal=False,
        split=Split("complete", 1, "", ("a", "b", "c", "d", "e", "f"), (3, 3)),
    )
    comparison = Comparison(TREATMENT, Methods("randomization", {"randomization": result}))
    made = Report(
        plan=plan,
        name="E",
        plan_hash="9f3c",
        status=Status.MEASURED,
        launched_at=NOW,
        measured_at=NOW,
        as_of=NOW,
        complete_through=NOW,
        effects_shown=True,
        openings=(),
        groups=(Group(CONTROL, 3, 0, 0, 0, {}, {}), Group(TREATMENT, 3, 0, 0, 0, {}, {})),
        pooled={},
        rows=(Row(CATALOGUE["won"], True, (comparison,)),),
        checks=(
            Check(CheckName.PLAN, True, State.PASSED),
            Check(CheckName.DRAW, True, State.FAILED),
            Check(CheckName.TRANSFERS, False, State.FAILED),
        ),
        rule=next(rule for rule in RULES if rule.verdict is verdict),
        winner=comparison,
        notes=(),
        decision=None,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # a test names the fields it changes


@pytest.mark.parametrize(
    ("verdict", "result", "sentence"),
    [
        (
            Verdict.ADOPT,
            estimate(0.041, 0.006, 0.079),
            "Demo first closes 4.1 points more of its leads than Discovery <first>"
            " (+0.6 to +7.9).",
        ),
        (
            Verdict.KEEP,
            estimate(-0.05, -0.09, -0.01),
            "Demo first closes 5.0 points fewer of its leads than Discovery <first>"
            " (−9.0 to −1.0).",
        ),
        (
            Verdict.CANNOT_DECIDE,
            estimate(0, None, 0.02, p=1),
            "It cannot be told which process closes more. Demo first closes as many of its leads"
            " as Discovery <first> (+2.0 or less).",
        ),
        (
            Verdict.CANNOT_DECIDE,
            NotEstimable(Why.NO_LEADS),
            "For Demo first there is no estimate: a variant has no matured leads.",
        ),
        (
            Verdict.CONTINUE,
            estimate(0.1, 0, 0.2),
            "Too early to say. Effects are shown on Sep 1, 2026, when every lead has matured.",
        ),
        (
            Verdict.UNHEALTHY,
            estimate(0.1, 0, 0.2),
            "These figures cannot be trusted. This does not hold:"
            " Every rep is in the variant that the draw gave.",
        ),
    ],
)
def test_a_verdict_is_one_plain_sentence(verdict: Verdict, result: Result, sentence: str) -> None:
    assert plain(WORDS.verdict(told(verdict, result))) == sentence.replace("  ", " ")


def test_names_are_escaped_where_a_page_shows_them() -> None:
    sentence = WORDS.verdict(told(Verdict.ADOPT, estimate(0.041, 0.006, 0.079)))

    assert "<b>Demo first</b>" in sentence
    assert "Discovery &lt;first&gt;" in sentence


def test_a_design_that_cannot_decide_says_so() -> None:
    result = replace(estimate(0.3, None, None, p=0.1), smallest_p=0.1)

    sentence = plain(WORDS.verdict(told(Verdict.CANNOT_DECIDE, result)))

    assert sentence == "This design cannot decide: 6 reps can be split in too few ways."


def test_a_stopped_test_decides_nothing() -> None:
    report = told(Verdict.CANNOT_DECIDE, estimate(0.1, 0, 0.2), status=Status.STOPPED)

    assert "stopped" in plain(WORDS.verdict(report))


@pytest.mark.parametrize(
    ("effect", "word"), [(0.1, "10.0 points more"), (-0.1, "fewer"), (0, "as many")]
)
def test_another_milestone_than_won_is_named(effect: float, word: str) -> None:
    report = told(Verdict.CANNOT_DECIDE, estimate(effect, -0.2, 0.2, p=0.6))
    plan = replace(report.plan, milestone=Milestone.DEMO)

    sentence = plain(WORDS.verdict(replace(report, plan=plan)))

    assert "“Demo or trial”" in sentence
    assert word in sentence


@pytest.mark.parametrize("caveat", list(Caveat))
def test_every_caveat_has_a_sentence_for_its_values(caveat: Caveat) -> None:
    values: dict[str, object] = {
        "leads": 1206,
        "enrolled": 2000,
        "at": NOW,
        "by": "Mina",
        "reason": "new product",
        "reps": 3,
        "first": "Short sequence",
        "teams": "Paris, Rome",
        "why": Why.NO_LEADS,
        "variant": "Demo first",
        "smallest_p": 0.1,
        "alpha": 0.05,
        "reached": 3.25,
        "by_rep": Quantity(CATALOGUE["won"], 0.04, ""),
        "by_lead": Quantity(CATALOGUE["won"], -0.02, ""),
        "wins": 3,
        "days": 14,
        "horizon": 30,
        "look": 2,
        "ratio": 1.32,
        "looks": 3,
        "margin": Quantity(CATALOGUE["value_per_lead"], 2550.0, "EUR"),
        "metric": CATALOGUE["value_per_lead"],
    }

    sentence = plain(WORDS.note(Note(caveat, values)))

    assert sentence
    assert "{" not in sentence


@pytest.mark.parametrize("unit", list(Unit))
def test_the_method_is_told_in_words(unit: Unit) -> None:
    report = told(Verdict.ADOPT, estimate(0.041, 0.006, 0.079))

    said = " ".join(
        plain(each) for each in WORDS.method(replace(report, plan=replace(report.plan, unit=unit)))
    )

    assert "60 days" in said
    assert "95%" in said
    assert ("70" in said) == (unit is Unit.REP)


def test_every_method_has_a_name_and_says_what_it_does() -> None:
    tables = [
        getattr(module, name)
        for module in (lead_methods, rep_methods)
        for name in dir(module)
        if name.endswith("_METHODS")
    ]
    assert len(tables) >= 15
    assert set(METHODS) == set(HOW) == {method for table in tables for method in table}


def test_every_reason_for_no_estimate_has_its_words() -> None:
    assert set(WHYS) == set(Why)
