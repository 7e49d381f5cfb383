"""The insights on the pages, by API and on the terminal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past, past
from tests.experiments.worlds import world
from tests.web.conftest import Clock, Run, SignIn, refusal, said

__all__ = ["past"]

WON = [("New", 1.0), ("Qualify", 2.0), ("Demo", 3.0), ("Offer", 4.0), ("Won", 9.0)]
LOST = [("New", 1.0), ("Qualify", 2.0), ("New", 3.0), ("Qualify", 4.0), ("Lost", 5.0)]


@pytest.fixture
def told(past: Past, clock: Clock) -> None:
    """Four leads of two reps, of whom one pays."""
    past({"a": (0, WON), "b": (0, LOST), "c": (1, LOST), "d": (1, [("New", 1.0)])})
    clock.now = LATER


def test_ratios_say_of_100_leads_how_many_pay(told: None, sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get("/insight/ratios?by=team").text
    sentence = (
        "Of 100 leads, 75 are qualified, 25 reach a demo or trial, 25 get a proposal, 25 pay."
    )
    assert sentence in page
    assert "Berlin" in page
    assert "went back" in page


def test_the_insights_begin_with_the_ratios(sign_in: SignIn) -> None:
    answer = sign_in(Role.ANALYST).get("/insight")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/insight/ratios"


def test_without_matured_leads_the_page_says_so(told: None, clock: Clock, sign_in: SignIn) -> None:
    clock.now = LATER - timedelta(days=182)
    page = sign_in(Role.MANAGER).get("/insight/ratios?by=month").text
    assert "Nothing to count yet" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("horizon=soon", "soon is not a whole number."),
        ("horizon=0", "Give a horizon of 1 to 730 days."),
        ("since=yesterday", "yesterday is not a day such as 2026-03-01."),
        ("since=0001-01-01", "too far away"),
        ("by=moon", "Choose one of all, process"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query: str, says: str, sign_in: SignIn) -> None:
    answer = sign_in(Role.MANAGER).get(f"/insight/ratios?{query}")
    assert answer.status_code == 422
    assert says in answer.text


def test_an_unknown_process_is_not_found(sign_in: SignIn) -> None:
    assert sign_in(Role.MANAGER).get("/insight/ratios?process=x%00y").status_code == 404


def test_a_program_reads_the_same_figures(told: None, program: SignIn) -> None:
    client = program(Role.ANALYST)
    found = client.get("/api/v1/insight/ratios", params={"by": "process"}).json()
    (group,) = found["groups"]
    assert group["name"] == "Discovery first"
    assert group["reached"]["won"] == {"reached": 1, "rate": 0.25, "interval": [0.0, 1.0]}
    assert found["ways"]["places"][0]["moves"][0]["to"] == "qualified"
    refused = client.get("/api/v1/insight/ratios", params={"horizon": "x"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "horizon"


def test_the_command_prints_the_ratios(run: Run) -> None:
    made = ("company", "set", "--name", "K", "--time-zone", "UTC", "--currency", "EUR")
    assert run(*made).exit_code == 0
    assert said(run("insight", "ratios", "--json"))["groups"] == []
    assert run("insight", "ratios").stdout == "0 leads that have had 60 days.\n"
    code, why = refusal(run("insight", "ratios", "--by", "moon"))
    assert code == 2
    assert "by: Choose one of" in why
    code, why = refusal(run("insight", "ratios", "--team", "Nowhere"))
    assert (code, why) == (2, "Error: There is no team Nowhere.\n")


def test_activities_are_an_association_and_a_button_makes_a_test_of_one(
    told: None, sign_in: SignIn
) -> None:
    client = sign_in(Role.MANAGER)
    page = client.get("/insight/activities").text
    assert "Association, not proof" in page
    assert "too few leads" in page
    asked = {"process": "discovery-first", "action": "qualify.discovery-call", "horizon": "30"}
    answer = client.post("/insight/activities/test", data=asked)
    assert answer.status_code == 303
    plan = client.get(answer.headers["location"]).text
    assert "The test is drafted" in plan
    assert "Without it" in plan
    gone = client.post("/insight/activities/test", data=asked | {"action": "none"})
    assert gone.status_code == 404


def test_without_a_process_there_are_no_activities(sign_in: SignIn) -> None:
    assert "Nothing to compare yet" in sign_in(Role.ANALYST).get("/insight/activities").text


def test_a_program_reads_activities_and_must_name_a_process(told: None, program: SignIn) -> None:
    client = program(Role.MANAGER)
    asked = {"process": "discovery-first", "day": "0"}
    found = client.get("/api/v1/insight/activities", params=asked).json()
    (activity,) = found["activities"]
    assert activity["kind"] == "association, not proof"
    assert activity["without"]["leads"] == 3
    refused = client.get("/api/v1/insight/activities").json()
    assert refused["errors"][0]["where"] == "process"


def test_a_claimed_action_is_said_in_a_sentence(
    past: Past, tell: Tell, clock: Clock, sign_in: SignIn, program: SignIn
) -> None:
    leads, events = {}, []
    for n in range(80):
        wins = n % 10 < 8 if n % 2 else n % 10 == 8
        leads[str(n)] = (n % 4 // 2, [*WON[:2], ("Won" if wins else "Lost", 9.0)])
        if n % 2:
            events.append(tell(str(n), day=2.5, type="action_done", action="Discovery call"))
    past(leads, more=events)
    clock.now = LATER
    page = sign_in(Role.MANAGER).get("/insight/activities").text
    assert "leads with <b>Discovery call</b> are won" in page


def test_the_command_prints_the_activities(run: Run) -> None:
    made = ("company", "set", "--name", "K", "--time-zone", "UTC", "--currency", "EUR")
    assert run(*made).exit_code == 0
    code, why = refusal(run("insight", "activities"))
    assert (code, why) == (2, "Error: process: Choose a process: actions belong to its stages.\n")


def test_the_forecast_says_what_to_expect_and_how_it_did(
    past: Past, tell: Tell, clock: Clock, sign_in: SignIn, program: SignIn
) -> None:
    for month in range(5):
        leads = {f"{month}-{n}": (n % 2, WON if n % 3 else LOST) for n in range(9)}
        values = [
            tell(
                lead,
                day=30 * month + 4,
                type="value_changed",
                value={"amount": "1000", "currency": "EUR"},
            )
            for lead in leads
        ]
        past(leads, day=30 * month + 1, more=values)
    clock.now = LATER
    page = sign_in(Role.MANAGER).get("/insight/forecast").text
    assert "In Sep 2026 we expect to win" in page
    assert "“last month again”" in page
    found = program(Role.ANALYST).get("/api/v1/insight/forecast").json()
    assert [each["name"] for each in found["groups"]] == ["Berlin"]
    assert len(found["whole"]["months"]) == 3
    assert found["score"]["trials"] == len(found["groups"][0]["past"]) == 5


def test_without_wins_there_is_no_forecast(told: None, clock: Clock, sign_in: SignIn) -> None:
    clock.now = LATER - timedelta(days=183)
    assert "Nothing to go by yet" in sign_in(Role.MANAGER).get("/insight/forecast").text


def test_a_test_under_way_has_no_forecast(sign_in: SignIn) -> None:
    answer = sign_in(Role.MANAGER).get("/insight/forecast?by=variant")
    assert answer.status_code == 422
    assert "Choose the test whose variants" in answer.text


def test_the_command_prints_the_forecast(run: Run, shared_data: Path) -> None:
    made = ("company", "set", "--name", "K", "--time-zone", "UTC", "--currency", "USD")
    assert run(*made).exit_code == 0
    files = [str(shared_data / f"crm_sales_{name}.csv") for name in ("pipeline", "teams")]
    assert run("import", "deals", files[0], "--teams", files[1]).exit_code == 0
    text = run("insight", "forecast").stdout
    assert "Jan 2018" in text
    assert "West" in text
    told = run("insight", "bottlenecks", "--days", "60").stdout
    assert "comparisons judged together" in told
    assert "Engaging" in run("insight", "bottlenecks", "--process", "crm-sales").stdout
    assert said(run("insight", "bottlenecks", "--json"))["family"] > 0
    assert "Tried on 27 months" in text
    assert "CRM sales" in run("insight", "ratios", "--by", "process").stdout


def test_bottlenecks_are_sentences_and_reasons(
    past: Past, tell: Tell, clock: Clock, sign_in: SignIn, program: SignIn
) -> None:
    def some(prefix: str, on: int) -> dict[str, tuple[int, list[tuple[str, float]]]]:
        return {
            f"{prefix}{rep}-{n}": (rep, LOST if n < on + rep % 2 + rep // 4 else [LOST[0]])
            for rep in range(6)
            for n in range(9)
        }

    past(some("then", 6), day=30)
    past(some("now", 1) | {"x": (0, LOST)}, day=80)
    past({"y": (0, LOST[:4])}, more=[tell("y", "Lost", day=7, reason="Too <dear>")])
    clock.now = LATER
    page = sign_in(Role.ANALYST).get("/insight/bottlenecks").text
    assert "leads go on from <b>Lead</b> than in the period before" in page
    assert "Too &lt;dear&gt; (1)" in page
    assert "no reason given" in page
    found = program(Role.ANALYST).get("/api/v1/insight/bottlenecks?rotting=3").json()
    assert any(each["claimed"] for each in found["findings"])
    assert found["stages"][0]["rotting"] == 3


def test_without_leads_there_are_no_bottlenecks(sign_in: SignIn) -> None:
    client = sign_in(Role.MANAGER)
    assert "Nothing to compare yet" in client.get("/insight/bottlenecks").text
    assert client.get("/insight/bottlenecks?days=1").status_code == 422


def test_the_programme_and_its_alerts_are_shown(
    session: Session,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    sign_in: SignIn,
    program: SignIn,
) -> None:
    world(
        session,
        running,
        reps,
        tell,
        {"discovery-first": [1, 2, 1, 2], "demo-first": [6, 7, 5, 7]},
    )
    clock.now = LATER
    page = sign_in(Role.VIEWER).get("/insight/programme").text
    assert "No winner has been adopted yet." in page
    assert "+47.5 points" in page
    assert "/insight/ratios" not in page  # a viewer sees no other insight
    shown = sign_in(Role.MANAGER).get("/insight/alerts").text
    assert "Measured, and waits for a decision" in shown
    found = program(Role.ANALYST).get("/api/v1/insight/programme").json()
    assert found["lines"][0]["effects"][0]["variant"] == "Demo first"
    told = program(Role.ANALYST).get("/api/v1/insight/alerts").json()
    assert "decision_due" in [each["kind"] for each in told["alerts"]]


def test_without_experiments_nothing_needs_anybody(sign_in: SignIn) -> None:
    client = sign_in(Role.ANALYST)
    assert "No experiment yet" in client.get("/insight/programme").text
    assert "Nothing needs you" in client.get("/insight/alerts").text


def test_the_commands_print_the_programme_and_the_alerts(run: Run) -> None:
    made = ("company", "set", "--name", "K", "--time-zone", "UTC", "--currency", "EUR")
    assert run(*made).exit_code == 0
    assert run("insight", "programme").stdout == "0 experiments, 0 adopted.\n"
    assert run("insight", "alerts").stdout == "Nothing needs you.\n"
    assert said(run("insight", "programme", "--json"))["lines"] == []
    assert said(run("insight", "alerts", "--json")) == {"alerts": []}
