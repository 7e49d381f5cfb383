"""A rep's day and process: what to do, and never what a test has shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, process, process_draft
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role, User
from tests.experiments.conftest import PROCESS, Tell
from tests.web.conftest import SignIn
from web.pages.rep import PartOfDay, given_name, part_of_day

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def leads(session: Session, rep: Rep, version: ProcessVersion, tell: Tell, now: datetime) -> None:
    """Four leads of the rep: in Qualify, in Demo, won, and in no stage; one of another rep."""
    events = []
    for lead_id, stage, day in [
        ("Northwind", "Qualify", -9),
        ("Contoso", "Demo", -4),
        ("Fabrikam", "Won", -20),
        ("Tailspin", "", -2),
        ("Wingtip", "Demo", -30),
    ]:
        owner = "Rep 2" if lead_id == "Wingtip" else rep.external_id
        events.append(tell(lead_id, day=day, type="created", owner_id=owner))
        if stage:
            events.append(tell(lead_id, stage, day=day))
    ingest_events(session, events, now=now)


def launch(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    draft = experiment_draft.checked(plan | changed)
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


def test_today_says_what_to_follow_until_when_and_that_nobody_is_judged(
    running: Experiment, rep: Rep, sign_in: SignIn
) -> None:
    page = sign_in(Role.REP).get("/today").text

    # Nine o'clock in UTC is ten in Berlin; the plan's last day is 59 days after 2 March.
    assert "Good morning, The" in page
    assert "first</a> until Apr 30." in page
    assert "The test compares processes, not people." in page


def test_today_lists_what_waits_longest_with_its_next_step(leads: None, sign_in: SignIn) -> None:
    page = sign_in(Role.REP).get("/today").text

    # 8 days and 21 hours, and 3 days and 21 hours: noon to nine o'clock.
    assert "8 days in Qualify" in page
    assert "3 days in Demo" in page
    assert page.index("Northwind") < page.index("Contoso") < page.index("Tailspin")
    assert "<b>Discovery call</b>" in page
    assert "Every step is done: ready to move on." in page
    assert "New: begin with the first stage." in page
    assert 'href="/leads/Northwind"' in page
    assert "Wingtip" not in page
    assert "Fabrikam" not in page


def test_today_counts_leads_by_stage(leads: None, sign_in: SignIn) -> None:
    page = sign_in(Role.REP).get("/today").text

    for stage in ("Qualify", "Demo", "Won"):
        assert f'<a href="/leads?stage={stage}">{stage}</a></dt><dd>1</dd>' in page


def test_the_next_step_is_ticked_from_today(leads: None, sign_in: SignIn) -> None:
    client = sign_in(Role.REP)
    fields = {
        "mark": "mark-of-a-test-form",
        "action": "qualify.discovery-call",
        "done": "yes",
        "next": "/today",
    }

    answer = client.post("/leads/Northwind/actions", data=fields)

    assert (answer.status_code, answer.headers["location"]) == (303, "/today")
    page = client.get("/today").text
    assert "Noted as done." in page
    assert "<b>Discovery call</b>" not in page


def test_today_without_leads_says_what_will_stand_there(
    rep: Rep, version: ProcessVersion, sign_in: SignIn
) -> None:
    page = sign_in(Role.REP).get("/today").text

    assert "No leads yet" in page
    assert 'You follow <a href="/process">Discovery first</a>.' in page
    assert "The test" not in page


def test_today_without_open_leads_says_that_nothing_waits(
    session: Session, rep: Rep, version: ProcessVersion, tell: Tell, sign_in: SignIn, now: datetime
) -> None:
    begun = tell("L1", day=-3, type="created", owner_id=rep.external_id)
    ingest_events(session, [begun, tell("L1", "Won", day=-2)], now=now)

    assert "Nothing is waiting" in sign_in(Role.REP).get("/today").text


def test_without_a_process_a_rep_is_told_who_can_choose_one(rep: Rep, sign_in: SignIn) -> None:
    client = sign_in(Role.REP)

    assert "your manager can do that" in client.get("/today").text
    assert "No process yet" in client.get("/process").text


@pytest.mark.parametrize("path", ["/today", "/process"])
def test_an_account_that_belongs_to_no_rep_is_told_so(
    company: object, sign_in: SignIn, path: str
) -> None:
    assert "does not belong to a rep" in sign_in(Role.REP).get(path).text


@pytest.mark.parametrize("path", ["/today", "/process"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REP])
def test_a_reps_pages_are_for_reps(
    company: object, sign_in: SignIn, path: str, role: Role
) -> None:
    assert sign_in(role).get(path).status_code == 403


def test_the_process_is_shown_stage_by_stage(
    version: ProcessVersion, rep: Rep, sign_in: SignIn
) -> None:
    page = sign_in(Role.REP).get("/process").text

    assert page.index('id="stage-1">New<') < page.index('id="stage-2">Qualify<')
    assert "Learn whether we can help." in page
    assert "Discovery call" in page
    assert "Why now?" in page
    assert "The budget is named" in page
    assert "Qualified" in page
    assert "Discovery first · v1, yours since Mar 2, 2026" in page


def test_a_test_that_begins_later_says_from_when(
    session: Session, plan: dict[str, Any], rep: Rep, sign_in: SignIn, now: datetime
) -> None:
    launch(session, plan, now, enrol_from="2026-03-09")
    client = sign_in(Role.REP)

    assert "From Mar 9 to Apr 30 you follow" in client.get("/today").text
    assert "yours from Mar 9, 2026" in client.get("/process").text


def test_after_enrolment_a_rep_finishes_in_the_same_way(
    session: Session, running: Experiment, rep: Rep, sign_in: SignIn, now: datetime
) -> None:
    life.close_enrolment(session, running, by=None, now=now)

    page = sign_in(Role.REP).get("/today").text

    assert "Since Mar 2 no more leads join the test" in page


def test_where_leads_are_split_a_rep_is_told_to_look_at_each(
    session: Session, plan: dict[str, Any], rep: Rep, sign_in: SignIn, now: datetime
) -> None:
    launch(session, plan, now, unit="lead")

    page = sign_in(Role.REP).get("/today").text

    assert "Until Apr 30 new leads are split between processes" in page


def test_other_processes_of_ones_open_leads_can_be_looked_up_and_no_more(
    session: Session, version: ProcessVersion, rep: Rep, tell: Tell, sign_in: SignIn, now: datetime
) -> None:
    process.adopt(session, "inbound", version, now=now)
    outbound, third = (
        process_draft.create(session, process_draft.checked(PROCESS | {"name": name}), now=now)
        for name in ("Outbound", "Third")
    )
    begun = tell("L1", day=-3, type="created", owner_id=rep.external_id, process="outbound")
    ingest_events(session, [begun], now=now)
    client = sign_in(Role.REP)

    assert "Outbound · v1" in client.get("/process").text
    page = client.get(f"/process?version={outbound.id}").text
    assert "Some of your leads are on this process." in page
    for wrong in (str(third.id), "0", "9" * 30):
        assert client.get(f"/process?version={wrong}").status_code == 404


def test_names_are_escaped(
    session: Session, rep: Rep, user: Callable[[Role], User], sign_in: SignIn, now: datetime
) -> None:
    user(Role.REP).name = "<b>Omar</b>"
    evil = PROCESS | {"name": "<script>1</script>"}
    process_draft.create(session, process_draft.checked(evil), now=now)
    client = sign_in(Role.REP)

    for path in ("/today", "/process"):
        page = client.get(path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_a_rep_sees_no_rate_of_any_variant(
    session: Session, running: Experiment, leads: None, sign_in: SignIn
) -> None:
    client = sign_in(Role.REP)

    for path in ("/today", "/process", "/leads", "/leads/Northwind"):
        assert "%" not in client.get(path).text.replace("%2F", "")


def test_the_home_page_of_a_rep_is_today(rep: Rep, sign_in: SignIn) -> None:
    assert sign_in(Role.REP).get("/").headers["location"] == "/today"


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        (4, PartOfDay.MORNING),
        (10, PartOfDay.MORNING),
        (11, PartOfDay.AFTERNOON),
        (16, PartOfDay.AFTERNOON),
        (17, PartOfDay.EVENING),
        (22, PartOfDay.EVENING),
    ],
)
def test_the_greeting_follows_the_companys_clock(hour: int, part: PartOfDay) -> None:
    # In winter Berlin is an hour ahead of UTC; 23 o'clock there is still an evening.
    assert part_of_day(datetime(2026, 1, 5, hour, 30, tzinfo=UTC), BERLIN) is part


@pytest.mark.parametrize(
    ("name", "given"),
    [("Omar Haddad", "Omar"), ("Dr. Mina Sato", "Mina"), ("مینا", "مینا"), ("Dr.", "Dr.")],
)
def test_a_person_is_greeted_by_the_first_word_that_is_no_title(name: str, given: str) -> None:
    assert given_name(name) == given


def test_a_rep_sees_what_changed_in_the_process_until_it_is_read(
    session: Session, rep: Rep, version: ProcessVersion, sign_in: SignIn, now: datetime
) -> None:
    client = sign_in(Role.REP)
    assert "There is a process for you to read." in client.get("/today").text
    client.post("/process/read", data={"version": str(version.id)})
    assert "There is a process" not in client.get("/today").text

    draft = process_draft.checked(PROCESS)
    draft.stages[1].rotting_days = 14
    newer = process_draft.revise(session, version.process, draft, now=now)
    process.adopt(session, "inbound", newer, now=now)

    assert "Your process has changed." in client.get("/today").text
    page = client.get("/process").text
    assert "In “Qualify”, leads may stand for another number of days." in page
    assert "After 14 days here a lead stands too long." in page
    # A page of the version before says nothing of the one that applies now.
    for sent, left in ((version.id, True), (newer.id, False)):
        client.post("/process/read", data={"version": str(sent)})
        assert ("Your process has changed." in client.get("/today").text) is left
