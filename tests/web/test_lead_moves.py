"""What can be done on a lead's page, by whom, and what is refused."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from experiments.events import history
from experiments.people import Rep
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import SignIn
from tests.web.selling import Begin, place, post


@pytest.mark.parametrize("act", ["move", "actions", "undo"])
def test_a_rep_cannot_touch_someone_elses_lead(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn, act: str
) -> None:
    begin("L1", "New", rep=1)

    answer = post(sign_in(Role.REP), f"/leads/L1/{act}", stage="demo", seen="new")

    assert (answer.status_code, place(session, "L1")) == (404, "new")


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER])
@pytest.mark.parametrize("act", ["move", "actions", "undo", "process"])
def test_who_only_reads_moves_nothing(
    session: Session, begin: Begin, sign_in: SignIn, role: Role, act: str
) -> None:
    begin("L1", "New")

    answer = post(sign_in(role), f"/leads/L1/{act}", stage="demo", seen="new")

    assert (answer.status_code, place(session, "L1")) == (403, "new")


def test_a_move_says_what_happened_and_can_be_undone(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "New", "Qualify")
    client = sign_in(Role.REP)

    answer = post(client, "/leads/L1/move", stage="demo", seen="qualify")
    assert (answer.status_code, answer.headers["location"]) == (303, "/leads/L1")
    page = client.get("/leads/L1").text
    assert "You moved this lead from Qualify to <b>Demo</b>." in page

    event = re.search(r'name="event" value="(\d+)"', page)
    assert event
    answer = post(client, "/leads/L1/undo", event=event[1])
    assert (answer.status_code, place(session, "L1")) == (303, "qualify")
    assert "Taken back" in client.get("/leads/L1").text


def test_a_double_press_moves_once(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "Qualify")
    client = sign_in(Role.REP)

    answers = [
        post(client, "/leads/L1/move", stage="demo", seen="qualify").status_code for _ in range(2)
    ]

    assert answers == [303, 303]
    assert count_rows(session, "events") == 3


def test_a_manager_moves_any_lead_and_is_named_in_its_history(
    session: Session, begin: Begin, sign_in: SignIn
) -> None:
    begin("L1", "Qualify")
    client = sign_in(Role.MANAGER)

    post(client, "/leads/L1/move", stage="demo", seen="qualify")

    assert place(session, "L1") == "demo"
    assert "The manager" in client.get("/leads/L1").text.split("How it came here")[1]


def test_a_form_that_is_too_old_shows_where_the_lead_is_now(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "New", "Offer")

    answer = post(sign_in(Role.REP), "/leads/L1/move", stage="demo", seen="new", form="next")

    assert answer.status_code == 409
    assert "The lead has moved meanwhile: it is in Offer now." in answer.text
    assert '<li aria-current="step">Offer<span' in answer.text
    assert 'name="seen" value="offer"' in answer.text
    assert place(session, "L1") == "offer"


@pytest.mark.parametrize(
    ("fields", "said", "kept"),
    [
        ({"stage": "new", "form": "other"}, "Say why the lead goes back.", 'value="new" selected'),
        ({"stage": "lost", "form": "lost"}, "Say why the lead is lost.", "Mark as lost"),
        ({"stage": "", "form": "other"}, "Choose a stage.", "Choose a stage"),
        ({"stage": "<b>x</b>", "form": "other"}, "no stage &lt;b&gt;x&lt;/b&gt;", "Move to"),
        ({"stage": "other.key", "form": "../etc"}, "no stage other.key", "Move to"),
        ({"stage": "lost", "reason": "y" * 2001, "form": "lost"}, "at most 2000", "y" * 2001),
        ({"stage": "demo", "mark": ""}, "This form is incomplete", "Move to"),
    ],
)
def test_a_refused_move_says_why_beside_its_field_and_keeps_what_was_typed(
    session: Session,
    begin: Begin,
    rep: Rep,
    sign_in: SignIn,
    fields: dict[str, str],
    said: str,
    kept: str,
) -> None:
    begin("L1", "New", "Qualify")

    answer = post(sign_in(Role.REP), "/leads/L1/move", **{"seen": "qualify"} | fields)

    assert answer.status_code == 422
    assert said in answer.text
    assert kept in answer.text
    assert place(session, "L1") == "qualify"
    assert count_rows(session, "kept_records") == 0


@pytest.mark.parametrize(
    ("why", "reason", "stored"),
    [
        ("No budget", "", "No budget"),
        ("No budget", " until <June> ", "No budget: until <June>"),
        ("", "They moved to Mars", "They moved to Mars"),
        ("Something forged", "They moved", "They moved"),
    ],
)
def test_a_lost_lead_keeps_its_reason(
    session: Session,
    begin: Begin,
    rep: Rep,
    sign_in: SignIn,
    why: str,
    reason: str,
    stored: str,
) -> None:
    found = begin("L1", "Qualify")
    client = sign_in(Role.REP)

    post(client, "/leads/L1/move", stage="lost", seen="qualify", why=why, reason=reason)

    assert history(session, found)[-1].reason == stored
    page = client.get("/leads/L1").text
    assert stored.replace("<", "&lt;").replace(">", "&gt;") in page
    assert "Open it again" in page
    assert "Mark as lost" not in page


def test_a_lost_lead_is_opened_again_with_a_reason_and_marked_so(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "Qualify", "Lost")
    client = sign_in(Role.REP)
    assert 'value="qualify" selected' in client.get("/leads/L1").text
    refused = post(client, "/leads/L1/move", stage="demo", seen="lost", form="reopen")
    assert "Say why the lead is opened again." in refused.text

    post(client, "/leads/L1/move", stage="demo", seen="lost", reason="A new budget")

    page = client.get("/leads/L1").text
    assert place(session, "L1") == "demo"
    assert "opened again</span>" in page
    assert "A new budget" in page


def test_an_action_is_ticked_and_unticked(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "Qualify")
    client = sign_in(Role.REP)
    fields = {"action": "qualify.discovery-call"}

    answer = post(client, "/leads/L1/actions", done="yes", **fields)
    assert answer.headers["location"] == "/leads/L1#to-do"
    assert 'aria-checked="true"' in client.get("/leads/L1").text

    post(client, "/leads/L1/actions", done="no", **fields)
    assert 'aria-checked="false"' in client.get("/leads/L1").text
    assert count_rows(session, "events") == 4


@pytest.mark.parametrize(
    ("asked", "location"),
    [("/today", "/today"), ("//evil.example", "/"), ("https://evil.example", "/")],
)
def test_after_a_tick_the_browser_stays_on_this_site(
    begin: Begin, rep: Rep, sign_in: SignIn, asked: str, location: str
) -> None:
    begin("L1", "Qualify")

    answer = post(
        sign_in(Role.REP), "/leads/L1/actions", action="qualify.discovery-call", next=asked
    )

    assert answer.headers["location"] == location


def test_an_action_of_a_stage_left_meanwhile_is_not_ticked(
    begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "Qualify", "Demo")

    answer = post(sign_in(Role.REP), "/leads/L1/actions", action="qualify.discovery-call")

    assert answer.status_code == 409
    assert "it is in Demo now" in answer.text


def test_an_undo_that_comes_too_late_says_so(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    found = begin("L1", "Qualify")
    client = sign_in(Role.REP)
    post(client, "/leads/L1/move", stage="demo", seen="qualify")
    first = str(history(session, found)[-1].id)
    post(client, "/leads/L1/move", stage="offer", seen="demo", mark="another-mark-of-a-form")

    answer = post(client, "/leads/L1/undo", event=first)

    assert answer.status_code == 409
    assert "can no longer be undone" in answer.text
    assert place(session, "L1") == "offer"


def test_a_step_is_skipped_with_a_reason_and_a_criterion_left_open_needs_one(
    session: Session, begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    found = begin("L1", "Qualify")
    client = sign_in(Role.REP)
    assert found.stage
    step = {"action": "qualify.discovery-call", "form": f"skip-{found.stage.actions[0].id}"}

    refused = post(client, "/leads/L1/skip", **step)
    assert (refused.status_code, "Say why the step is skipped." in refused.text) == (422, True)
    assert post(client, "/leads/L1/skip", **step, reason="They know us").status_code == 303
    assert "They know us" in client.get("/leads/L1").text

    move = {"stage": "demo", "seen": "qualify", "met": "", "form": "on"}
    refused = post(client, "/leads/L1/move", **move)
    assert (refused.status_code, "without: The budget is named" in refused.text) == (422, True)
    assert post(client, "/leads/L1/move", **move, reason="A tender").status_code == 303
    story = client.get("/leads/L1").text.split("How it came here")[1]
    assert "Not true yet: The budget is named" in story
