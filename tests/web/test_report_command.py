"""`stagelift report` on a database file, as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from experiments import company, experiment_draft, life, people, process_draft
from experiments.ingest import ingest_events
from experiments.store.engine import make_engine, make_sessions
from experiments.store.migration import upgrade
from tests.experiments.conftest import PROCESS
from web.cli import main

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file with one test under way and one of past data, both of four reps."""
    url = f"sqlite:///{tmp_path / 'report.sqlite'}"
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", url)
    engine = make_engine(url)
    upgrade(engine)
    with make_sessions(engine).begin() as session:
        company.found(
            session, name="Kestrel", time_zone="Europe/Berlin", currency="EUR", now=START
        )
        process_draft.create(session, process_draft.checked(PROCESS), now=START)
        team = people.add_team(session, "Berlin", segment="inbound")
        for n in range(4):
            people.add_rep(session, f"Rep {n}", team=team, now=START)
        events = [
            {
                "source": "crm",
                "source_id": f"{n}-{kind}",
                "lead_id": f"L{n}",
                "occurred_at": (START + timedelta(days=n % 9 + (kind != "created"))).isoformat(),
            }
            | (
                {"type": "created", "owner_id": f"Rep {n % 4}"}
                if kind == "created"
                else {"stage": "Won" if n % 3 else "Lost"}
            )
            for n in range(40)
            for kind in ("created", "closed")
        ]
        now = START + timedelta(days=200)
        ingest_events(session, events, now=now)
        for name, rehearsal in (("Past", True), ("Now", False)):
            written = {
                "name": name,
                "hypothesis": "It closes more.",
                "variants": [
                    {"name": "A", "process": "discovery-first", "control": True},
                    {"name": "B", "process": "discovery-first"},
                ],
                "teams": ["Berlin"],
                "horizon_days": 30,
                "enrol_from": "2026-03-01" if rehearsal else "2026-09-18",
                "enrol_until": "2026-04-01" if rehearsal else "2099-01-01",
                "rehearsal": rehearsal,
            }
            draft = experiment_draft.checked(written)
            found = experiment_draft.create(session, draft, by=None, now=now)
            life.launch(session, found, seed=4, by=None, now=now)
    yield
    engine.dispose()


@pytest.mark.usefixtures("database")
def test_a_measured_test_is_told_on_the_terminal() -> None:
    result = CliRunner().invoke(main, ["report", "past"])

    assert result.exit_code == 0, result.output
    assert "rehearsal on past data" in result.output
    assert "Won (primary)" in result.output
    assert "20" in result.output
    assert "The plan is the one that was launched." in result.output


@pytest.mark.usefixtures("database")
def test_a_test_under_way_shows_no_effects() -> None:
    result = CliRunner().invoke(main, ["report", "now"])

    assert result.exit_code == 0
    assert "Too early to say" in result.output
    assert "0 of 0" in result.output


@pytest.mark.usefixtures("database")
def test_json_and_csv_can_be_read_by_programs() -> None:
    document = CliRunner().invoke(main, ["report", "past", "--json"])
    table = CliRunner().invoke(main, ["report", "past", "--csv"])

    assert json.loads(document.stdout)["leads"]["matured"] == 40
    assert table.stdout.splitlines()[0].startswith("experiment,milestone,primary,variant")


@pytest.mark.usefixtures("database")
def test_an_unknown_experiment_is_one_clear_line() -> None:
    result = CliRunner().invoke(main, ["report", "nothing"])

    assert result.exit_code == 2
    assert result.stderr == "Error: There is no experiment nothing.\n"


@pytest.mark.usefixtures("database")
def test_no_look_is_taken_where_none_was_planned() -> None:
    result = CliRunner().invoke(main, ["experiment", "look", "now"])
    assert (result.exit_code, result.stderr) == (2, "Error: look: No look is due now.\n")
    again = CliRunner().invoke(main, ["report", "now", "--look", "1"])
    assert (again.exit_code, again.stderr) == (2, "Error: look: Look 1 was not taken.\n")


def test_the_leads_are_exported_as_csv_as_json_and_to_a_file(
    database: None, tmp_path: Path
) -> None:
    shown = CliRunner().invoke(main, ["export", "past", "--matured"])
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("lead,rep,unit,variant,enrolled_at,matured,")
    assert len(lines) == 41
    told = json.loads(CliRunner().invoke(main, ["export", "past", "--json"]).stdout)
    assert len(told["leads"]) == 40
    assert told["leads"][0].keys() >= {"lead", "rep", "variant", "matured", "won", "value"}
    file = tmp_path / "leads.csv"
    written = CliRunner().invoke(main, ["export", "past", "--matured", "--out", str(file)])
    assert written.exit_code == 0
    assert file.read_text("utf-8").splitlines() == lines
    assert CliRunner().invoke(main, ["export", "nothing"]).exit_code == 2


def test_the_health_is_told_at_the_end_of_a_day(database: None) -> None:
    shown = CliRunner().invoke(main, ["experiment", "health", "past"])
    assert shown.exit_code == 0
    assert "ok  The plan is the one that was launched." in shown.stdout
    told = json.loads(CliRunner().invoke(main, ["experiment", "health", "past", "--json"]).stdout)
    assert told["experiment"] == "past"
    early = CliRunner().invoke(main, ["experiment", "health", "past", "--as-of", "2020-01-01"])
    assert early.exit_code == 2
    assert "was not launched yet" in early.stderr


@pytest.mark.usefixtures("database")
def test_a_frozen_plan_is_shown_with_its_balance() -> None:
    told = CliRunner().invoke(main, ["experiment", "show", "now"]).output
    assert "complete, seed 4" in told
    assert "discovery-first@1" in told
    assert "share of leads" in told
    assert "weeks in the company" in told
    document = json.loads(CliRunner().invoke(main, ["experiment", "show", "now", "--json"]).output)
    assert document["plan"]["split"]["seed"] == 4
    assert document["balance"]["taken"][0]["covariate"] == "share"
    assert document["plan"]["code_version"] in told
    assert document["lacking"] == []


@pytest.mark.usefixtures("database")
def test_a_draft_says_what_it_lacks(tmp_path: Path) -> None:
    draft = {
        "name": "Later",
        "hypothesis": "It closes more.",
        "variants": [
            {"name": "A", "process": "discovery-first", "control": True},
            {"name": "B", "process": "discovery-first"},
        ],
        "enrol_from": "2099-01-01",
        "enrol_until": "2099-02-01",
    }
    (tmp_path / "later.yaml").write_text(json.dumps(draft))
    CliRunner().invoke(main, ["experiment", "create", str(tmp_path / "later.yaml")])
    told = CliRunner().invoke(main, ["experiment", "show", "later"]).output
    assert "a draft" in told
    assert "reps: Nobody takes part yet" in told
    unknown = CliRunner().invoke(main, ["experiment", "show", "nothing"])
    assert unknown.exit_code == 2
