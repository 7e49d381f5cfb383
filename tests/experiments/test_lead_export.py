"""The leads of an experiment: what they say, what is hidden, and their counting again."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments import experiment_draft, life, report
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.lead_export import as_csv, lead_rows
from experiments.people import Rep
from experiments.problem import Refused
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, primary, world
from web.cli import main

WINS = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}


def counted_again(path: Path, text: str, *words: str) -> dict[str, Any]:
    """What `stagelift analyse` says of the exported leads."""
    path.write_text(text, "utf-8")
    arguments = ["analyse", str(path), "--variant", "variant", "--control", "discovery-first"]
    done = CliRunner().invoke(main, [*arguments, "--outcome", "won", *words, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_report(session: Session, found: Experiment) -> dict[str, Any]:
    estimates = primary(report.build(session, found, now=LATER)).comparisons[0].methods.estimates
    return {name: each.as_dict() for name, each in estimates.items() if isinstance(each, Estimate)}


def test_split_reps_counted_again_give_the_report_s_numbers(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, tmp_path: Path
) -> None:
    world(session, running, reps, tell, WINS)
    text = as_csv(lead_rows(session, running, now=LATER, matured=True))
    again = counted_again(tmp_path / "leads.csv", text, "--rep", "rep")
    told = again["comparisons"][0]["estimates"]
    for name, estimate in of_report(session, running).items():
        assert told[name] == json.loads(json.dumps(estimate)), name


def test_split_leads_counted_again_give_the_report_s_numbers(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    tmp_path: Path,
) -> None:
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    events = [
        event
        for n in range(400)
        for event in (
            tell(f"L{n}", day=1, type="created", owner_id=reps[n % 8].external_id),
            tell(f"L{n}", "Won" if n % 7 in (1, 2) else "Lost", day=9),
        )
    ]
    assert ingest_events(session, events, now=LATER).rejected == []
    text = as_csv(lead_rows(session, found, now=LATER, matured=True))
    again = counted_again(tmp_path / "leads.csv", text, "--unit", "lead", "--stratum", "rep")
    told = again["comparisons"][0]["estimates"]
    for name, estimate in of_report(session, found).items():
        assert told[name] == json.loads(json.dumps(estimate)), name


def test_what_became_of_leads_is_left_out_while_the_effects_are_hidden(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    soon = now + timedelta(days=40)
    events = [
        event
        for n in range(80)
        for event in (
            tell(f"L{n}", day=1, type="created", owner_id=reps[n % 8].external_id),
            tell(f"L{n}", "Won", day=9),
        )
    ]
    ingest_events(session, events, now=soon)
    rows = lead_rows(session, running, now=soon)
    assert len(rows) == 80
    assert any(row.matured for row in rows)
    assert {value for row in rows for value in row.reached.values()} == {None}
    assert {row.value for row in rows} == {None}
    assert {row.variant for row in rows} == {"discovery-first", "demo-first"}


def test_values_are_told_in_whole_units_and_missing_ones_not_at_all(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    rep = reps[0].external_id
    worth = {"value": {"amount": "1250.50", "currency": "EUR"}}
    events = [
        tell("rich", day=1, type="created", owner_id=rep),
        tell("rich", day=2, type="value_changed", **worth),
        tell("rich", "Won", day=3),
        tell("untold", day=1, type="created", owner_id=rep),
        tell("untold", "Won", day=3),
        tell("=lost()", day=1, type="created", owner_id=rep),
        tell("=lost()", "Lost", day=3),
    ]
    assert ingest_events(session, events, now=LATER).rejected == []
    rows = lead_rows(session, running, now=LATER)
    assert {row.lead: row.value for row in rows} == {
        "rich": 1250.5,
        "untold": None,
        "=lost()": 0.0,
    }
    read = list(csv.DictReader(StringIO(as_csv(rows))))
    assert [each["lead"] for each in read] == ["rich", "untold", "'=lost()"]
    assert [each["won"] for each in read] == ["1", "1", "0"]


def test_a_draft_has_no_leads(session: Session, plan: dict[str, Any], now: datetime) -> None:
    draft = experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    with pytest.raises(Refused, match="no leads yet"):
        lead_rows(session, draft, now=now)
