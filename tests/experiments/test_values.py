"""Won value per lead: counted, planned, and decided on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments import experiment_draft, life, report
from experiments.check import CheckName
from experiments.comparing import Row
from experiments.counting import RepCount, Window, count
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.guarding import Standing
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import PlannedGuardrail, frozen_plan, hash_of
from experiments.problem import Refused
from experiments.process import Milestone
from experiments.report_export import as_csv, as_json
from experiments.valuation import Valuation
from experiments.verdict import Verdict
from experiments.won_value import RepValue
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, primary

EUROS = Valuation("EUR", None, {}, 0.0)


def eur(amount: float, currency: str = "EUR") -> dict[str, Any]:
    return {"value": {"amount": amount, "currency": currency}}


def valued(session: Session, found: Experiment, valuation: Valuation = EUROS) -> list[RepCount]:
    return count(session, Window(found.id, found.horizon_days, LATER, LATER, valuation))


def told_of(session: Session, found: Experiment, valuation: Valuation = EUROS) -> RepValue:
    value = valued(session, found, valuation)[0].value
    assert value
    return value


def begun(tell: Tell, rep: Rep, leads: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Leads of one rep, and what happened to each."""
    events = []
    for lead, more in leads.items():
        events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
        events += more
    return events


def test_a_lead_is_worth_what_was_known_at_the_end_of_its_horizon(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    def changed(lead: str, amount: float, day: float, currency: str = "EUR") -> dict[str, Any]:
        return tell(lead, day=day, type="value_changed", **eur(amount, currency))

    leads = {
        "plain": [changed("plain", 100, 2), tell("plain", "Won", day=5)],
        "changed": [
            changed("changed", 100, 2),
            tell("changed", "Won", day=5),
            changed("changed", 250.5, 9),
        ],
        # After day 31 nothing counts.
        "late": [changed("late", 40, 2), tell("late", "Won", day=5), changed("late", 9000, 32)],
        "same-moment": [
            changed("same-moment", 1, 4),
            changed("same-moment", 60, 4),
            tell("same-moment", "Won", day=5),
        ],
        "reopened": [
            changed("reopened", 500, 2),
            tell("reopened", "Won", day=5),
            tell("reopened", "Offer", day=9),
        ],
        "lost": [changed("lost", 700, 2), tell("lost", "Lost", day=5)],
        "never-said": [tell("never-said", "Won", day=5)],
        "dollars": [changed("dollars", 50, 2, "USD"), tell("dollars", "Won", day=5)],
        "yen": [changed("yen", 1000, 2, "JPY"), tell("yen", "Won", day=5)],
    }
    assert ingest_events(session, begun(tell, reps[0], leads), now=LATER).rejected == []

    plain = told_of(session, running)
    # Euros alone: dollars, yen and what was never said have no value.
    assert (plain.n, plain.wins, plain.missing) == (6, 4, 3)
    assert plain.total == 10000 + 25050 + 4000 + 6000
    assert plain.largest == 25050
    rates = Valuation("EUR", 20000, {"USD": 0.9, "JPY": 0.006}, 0.0)
    exchanged = told_of(session, running, rates)
    worth = [10000, 20000, 4000, 6000, 4500, 600, 0, 0]
    assert (exchanged.n, exchanged.wins, exchanged.missing) == (8, 6, 1)
    assert exchanged.total == pytest.approx(sum(worth))
    assert exchanged.squares == pytest.approx(sum(each**2 for each in worth))
    about = Valuation("EUR", 20000, rates.rates, 7000.0)
    centred = told_of(session, running, about)
    assert centred.total == pytest.approx(sum(worth))
    assert centred.squares == pytest.approx(sum((each - 7000) ** 2 for each in worth))


def test_large_amounts_that_hardly_differ_keep_their_variance(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    # Ten billion euros, a cent apart: squares of minor units do not fit into 64 bits.
    amounts = [10_000_000_000 + cents / 100 for cents in (0, 1, 2, 3)]
    leads = {
        f"L{at}": [
            tell(f"L{at}", day=2, type="value_changed", **eur(amount)),
            tell(f"L{at}", "Won", day=5),
        ]
        for at, amount in enumerate(amounts)
    }
    assert ingest_events(session, begun(tell, reps[0], leads), now=LATER).rejected == []
    value = told_of(session, running, Valuation("EUR", None, {}, 1e12))
    assert (value.off_centre, value.squares) == (6.0, 14.0)


def test_the_largest_of_equal_deals_is_left_out_once() -> None:
    value = RepValue(3, 2, 500.0, 130000.0, 300.0, 1, 0.0)
    left = value.without_largest()
    assert (left.n, left.wins, left.total, left.squares) == (2, 1, 200.0, 40000.0)
    assert left.missing == 1


def market(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    worth: dict[str, list[list[int]]],
    **more: Any,
) -> Experiment:
    """A test in which of each rep's ten leads so many are won, each worth so much."""
    found = experiment_draft.create(
        session, experiment_draft.checked(plan | more), by=None, now=now
    )
    life.launch(session, found, seed=7, by=None, now=now)
    left = {key: iter(each) for key, each in worth.items()}
    key_of = {variant.id: variant.key for variant in found.variants}
    split = assignments(session, found)
    events: list[dict[str, Any]] = []
    for at, rep in enumerate(reps):
        key = key_of[split[rep.external_id]] if found.unit == "rep" else list(worth)[at % 2]
        amounts = next(left[key])
        for n in range(10):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            if n < len(amounts):
                events.append(tell(lead, day=2, type="value_changed", **eur(amounts[n])))
            events.append(tell(lead, "Won" if n < len(amounts) else "Lost", day=9))
    assert ingest_events(session, events, now=LATER).rejected == []
    return found


# By rep: few large deals against many small ones.
WORTH = {
    "discovery-first": [[100], [100, 100], [200], [100]],
    "demo-first": [[900, 50], [700], [800, 100], [1000]],
}


def value_row(found: report.Report) -> Row:
    return next(row for row in found.rows if row.metric.key == "value_per_lead")


def test_a_value_primary_is_decided_by_the_reps_means(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = market(session, plan, reps, tell, now, WORTH, metric="value_per_lead")

    read = report.build(session, found, now=LATER)

    assert read.verdict is Verdict.ADOPT
    row = primary(read)
    assert row.metric.key == "value_per_lead"
    result = row.comparisons[0].result
    assert isinstance(result, Estimate)
    control, treatment = (
        np.array([100 * sum(rep) / 10 for rep in WORTH[key]])
        for key in ("discovery-first", "demo-first")
    )
    assert result.effect == pytest.approx(treatment.mean() - control.mean())
    # The four reps of each variant fall apart: two of 70 splits are as extreme.
    assert result.p == pytest.approx(2 / 70)
    rep_t = row.comparisons[0].methods.estimates["rep_t"]
    assert isinstance(rep_t, Estimate)
    assert rep_t.p == pytest.approx(ttest_ind(treatment, control).pvalue)
    # The milestones stand beside it, in a family of their own.
    shares = {each.metric.key: each.comparisons[0].family_p for each in read.rows}
    assert shares["value_per_lead"] is None
    assert shares["won"] is not None


def test_the_largest_deal_is_told_with_and_without(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    worth = WORTH | {"demo-first": [[100], [100, 100], [100], [50000]]}
    found = market(session, plan, reps, tell, now, worth)

    row = value_row(report.build(session, found, now=LATER))

    with_it, without = row.comparisons[0].result, row.without_largest[0].result
    assert isinstance(with_it, Estimate)
    assert isinstance(without, Estimate)
    assert with_it.effect == pytest.approx(100 * (50400 / 40 - 600 / 40))
    # The rep of the largest deal has nine leads left, and nothing won.
    means = [10, 20, 10, 0], [10, 20, 20, 10]
    assert without.effect == pytest.approx(100 * (np.mean(means[0]) - np.mean(means[1])))


def test_a_cap_holds_for_every_variant(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = market(session, plan, reps, tell, now, WORTH, cap=150)
    result = value_row(report.build(session, found, now=LATER)).comparisons[0].result
    assert isinstance(result, Estimate)
    capped = {
        key: np.mean([sum(min(deal, 150) for deal in rep) / 10 for rep in of_variant])
        for key, of_variant in WORTH.items()
    }
    assert result.effect == pytest.approx(100 * (capped["demo-first"] - capped["discovery-first"]))


def test_split_leads_are_compared_by_welch(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = market(session, plan, reps, tell, now, WORTH, unit="lead", metric="value_per_lead")

    read = report.build(session, found, now=LATER)

    methods = primary(read).comparisons[0].methods
    assert methods.primary == "welch"
    result = methods.result
    assert isinstance(result, Estimate)
    values: dict[int, list[float]] = {variant.id: [] for variant in found.variants}
    split = assignments(session, found)
    for at, rep in enumerate(reps):
        deals = WORTH[list(WORTH)[at % 2]][at // 2]
        for n in range(10):
            won = 100 * deals[n] if n < len(deals) else 0
            values[split[f"{rep.external_id}-{n}"]].append(won)
    control, treatment = (values[variant.id] for variant in found.variants)
    expected = ttest_ind(treatment, control, equal_var=False)
    assert result.p == pytest.approx(expected.pvalue)
    assert result.effect == pytest.approx(np.mean(treatment) - np.mean(control))


def test_a_guardrail_on_value_has_its_margin_in_money(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    worth = {
        "discovery-first": [[900], [900], [1000], [950]],
        "demo-first": [[10] * 9, [10] * 8, [10] * 9, [10] * 9],
    }
    guardrails = [{"metric": "value_per_lead", "margin": 20}]
    found = market(session, plan, reps, tell, now, worth, guardrails=guardrails)

    read = report.build(session, found, now=LATER)

    assert frozen_plan(found).guardrails == (PlannedGuardrail("value_per_lead", 2000.0),)
    assert [each.standing for each in read.guardrails] == [Standing.BROKEN]
    # More wins, of far less value.
    assert read.verdict is Verdict.KEEP
    assert as_json(read)["guardrails"][0]["margin"] == pytest.approx(20)


def test_wins_without_a_value_are_counted_and_listed(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = market(session, plan, reps, tell, now, WORTH)
    lead = "unvalued"
    ingest_events(session, begun(tell, reps[0], {lead: [tell(lead, "Won", day=3)]}), now=LATER)

    read = report.build(session, found, now=LATER)

    assert (read.missing.wins, read.missing.leads) == (1, (lead,))
    assert sum(group.worth.missing for group in read.groups if group.worth) == 1
    assert not read.plan.rests_on_value


def test_a_launch_needs_a_rate_for_every_currency_that_leads_have(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begin = tell("old", day=-40, type="created", owner_id=reps[0].external_id)
    events = [begin, tell("old", day=-39, type="value_changed", **eur(100, "USD"))]
    ingest_events(session, events, now=now)
    draft = experiment_draft.checked(plan)
    found = experiment_draft.create(session, draft, by=None, now=now)
    with pytest.raises(Refused, match="Leads have amounts in USD"):
        life.launch(session, found, seed=7, by=None, now=now)
    for mended in ({"rates": {"usd": 0.92}}, {"secondary": ["demo"]}):
        again = experiment_draft.checked(plan | mended)
        experiment_draft.change(session, found, again, by=None, now=now)
        assert life.hindrances(session, found, now=now) == []


def test_a_frozen_valuation_is_centred_on_the_past(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [tell(lead, day=-9, type="created", owner_id=reps[0].external_id) for lead in "ab"]
    events += [
        tell("a", day=-8, type="value_changed", **eur(100)),
        tell("a", "Won", day=-7),
        tell("b", "Lost", day=-7),
    ]
    assert ingest_events(session, events, now=now).rejected == []
    found = experiment_draft.create(
        session, experiment_draft.checked(plan | {"cap": 12.5}), by=None, now=now
    )
    life.launch(session, found, seed=7, by=None, now=now)
    assert frozen_plan(found).valuation == Valuation("EUR", 1250, {}, 5000.0)
    assert hash_of(frozen_plan(found).text()) == found.plan_hash
    again = experiment_draft.draft_of(session, found)
    assert (again.cap, again.metric, again.milestone) == (12.5, "won", Milestone.WON)
    assert again.secondary == [
        "qualified", "demo", "proposal", "value_per_lead", "value_per_win", "days_to_won"
    ]  # fmt: skip


def test_a_plan_from_before_values_reads_as_it_was(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    written = json.loads(running.plan or "")
    for name in ("metric", "secondary", "valuation"):
        del written[name]
    written["guardrails"] = [{"milestone": "demo", "margin": 0.02}]
    running.plan = json.dumps(written)
    running.plan_hash = hash_of(running.plan)

    plan = frozen_plan(running)
    read = report.build(session, running, now=LATER)

    assert plan.primary.key == "won"
    assert [each.key for each in plan.metrics] == ["qualified", "demo", "proposal", "won"]
    assert plan.guardrails == (PlannedGuardrail("demo", 0.02),)
    assert plan.valuation is None
    assert next(check.passed for check in read.checks if check.name is CheckName.PLAN)
    assert as_json(read)["value"] is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"metric": "revenue"}, "revenue cannot decide"),
        ({"metric": "days_to_won"}, "days_to_won cannot decide"),
        ({"metric": "value_per_lead", "milestone": "demo"}, "write one of them"),
        ({"secondary": ["profit"]}, "There is no metric profit"),
        ({"rates": {"XXQ": 2}}, "No currency has the code XXQ"),
        ({"rates": {"USD": 0}}, "It must be more than 0"),
        ({"cap": -1}, "It must be more than 0"),
        (
            {
                "metric": "value_per_lead",
                "guardrails": [{"metric": "value_per_lead", "margin": 1}],
            },
            "Guard another",
        ),
        ({"guardrails": [{"metric": "value_per_win", "margin": 1}]}, "Guard another"),
    ],
)
def test_what_cannot_be_valued_is_refused(
    plan: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        experiment_draft.checked(plan | more)


def test_the_companys_own_currency_needs_no_rate(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"rates": {"EUR": 1}})
    with pytest.raises(Refused, match="the company's own currency"):
        experiment_draft.create(session, draft, by=None, now=now)


def test_exports_tell_money_in_whole_units(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = market(session, plan, reps, tell, now, WORTH, cap=5000, rates={"USD": 0.9})
    read = report.build(session, found, now=LATER)

    value = as_json(read)["value"]

    assert (value["currency"], value["cap"], value["rates"]) == ("EUR", 5000, {"USD": 0.9})
    worth = {each["variant"]: each for each in value["groups"]}
    assert worth["demo-first"]["total"] == pytest.approx(3550)
    assert worth["demo-first"]["largest"] == pytest.approx(1000)
    assert worth["demo-first"]["per_lead"] == pytest.approx(3550 / 40)
    told = value["per_lead"]["comparisons"][0]["estimates"]["randomization"]
    assert told["effect"] == pytest.approx((3550 - 600) / 40)
    assert value["per_lead"]["without_largest"][0]["estimates"]["randomization"]
    lines = [each for each in as_csv(read).splitlines() if each.endswith(",value_per_lead,EUR")]
    assert len(lines) == 2
