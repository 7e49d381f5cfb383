"""Teams, reps, accounts and standing processes by page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import audit, people, process_draft, users
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion, adopt, standing_version_id
from experiments.users import Role, User
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS
from tests.web.conftest import PASSWORD, SignIn
from tests.web.selling import Begin


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


@pytest.fixture
def admin(sign_in: SignIn) -> TestClient:
    """An admin's browser."""
    return sign_in(Role.ADMIN)


def account(**changed: str) -> dict[str, str]:
    typed = {"name": "Rep 1", "email": "one@kestrel.example", "role": "rep", "rep": "Rep 1"}
    return typed | {"password": PASSWORD} | changed


def error_at(page: str, where: str) -> str:
    found = re.search(rf'id="f-{re.escape(where)}-error">([^<]+)<', page)
    return found[1] if found else ""


def test_without_a_team_the_page_says_what_one_is(manager: TestClient) -> None:
    page = manager.get("/team").text
    assert "No team yet" in page
    assert 'href="/team/teams/new"' in page


def test_the_page_shows_each_team_with_its_reps(manager: TestClient, reps: list[Rep]) -> None:
    page = manager.get("/team").text
    assert "Berlin" in page
    assert all(rep.name in page for rep in reps)
    assert "no account" in page


def test_an_analyst_sees_the_team_and_changes_nothing(sign_in: SignIn, reps: list[Rep]) -> None:
    analyst = sign_in(Role.ANALYST)
    page = analyst.get("/team").text
    assert "Rep 1" in page
    assert "/team/reps/new" not in page
    assert "Accounts" not in page
    assert analyst.post("/team/reps/new", data={"name": "Mina"}).status_code == 403


def test_a_manager_adds_a_team_and_its_first_rep(manager: TestClient, session: Session) -> None:
    form = {"name": "Lyon", "segment": "inbound", "manager": "Julien"}
    assert manager.get("/team/teams/new").status_code == 200
    answer = manager.post("/team/teams/new", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/team")
    team = people.team_named(session, "Lyon")
    assert (team.segment, team.manager) == ("inbound", "Julien")

    page = manager.get(f"/team/reps/new?team={team.id}").text
    assert f'<option value="{team.id}" selected>Lyon</option>' in page
    rep = {"name": "Aïcha Diallo", "external_id": "aicha", "team": str(team.id)}
    assert manager.post("/team/reps/new", data=rep).status_code == 303
    (made,) = people.reps(session)
    assert (made.name, made.external_id, made.team_id) == ("Aïcha Diallo", "aicha", team.id)


def test_a_rep_may_have_no_team(manager: TestClient, session: Session) -> None:
    assert manager.post("/team/reps/new", data={"name": "Freelance"}).status_code == 303
    (made,) = people.reps(session)
    assert (made.external_id, made.team_id) == ("Freelance", None)
    assert "Without a team" in manager.get("/team").text


def test_a_team_gets_another_segment(
    manager: TestClient, reps: list[Rep], session: Session
) -> None:
    team = people.team_named(session, "Berlin")
    address = f"/team/teams/{team.id}"
    assert 'value="inbound"' in manager.get(address).text
    form = {"name": "Berlin", "segment": "outbound", "manager": ""}
    assert manager.post(address, data=form).status_code == 303
    session.refresh(team)
    assert (team.name, team.segment) == ("Berlin", "outbound")


@pytest.mark.parametrize(
    ("address", "form", "where"),
    [
        ("/team/teams/new", {"name": " "}, "name"),
        ("/team/teams/new", {"name": "Berlin"}, "name"),
        ("/team/reps/new", {"name": ""}, "name"),
        ("/team/reps/new", {"name": "Rep 1"}, "external_id"),
        ("/team/reps/new", {"name": "New", "team": "999"}, "team"),
        ("/team/reps/new", {"name": "New", "team": "none"}, "team"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    manager: TestClient,
    reps: list[Rep],
    session: Session,
    address: str,
    form: dict[str, str],
    where: str,
) -> None:
    answer = manager.post(address, data=form)
    assert answer.status_code == 422
    assert error_at(answer.text, where)
    assert (count_rows(session, "teams"), count_rows(session, "reps")) == (1, 8)


def test_a_team_does_not_take_another_s_name(
    manager: TestClient, reps: list[Rep], session: Session
) -> None:
    lyon = people.add_team(session, "Lyon")
    answer = manager.post(f"/team/teams/{lyon.id}", data={"name": "Berlin", "segment": ""})
    assert answer.status_code == 422
    assert "There is a team Berlin already." in error_at(answer.text, "name")
    session.refresh(lyon)
    assert lyon.name == "Lyon"


def test_an_admin_gives_a_rep_an_account(
    admin: TestClient, reps: list[Rep], session: Session, now: datetime
) -> None:
    assert "/team/users/new?rep=Rep%201" in admin.get("/team").text
    page = admin.get("/team/users/new?rep=Rep 1").text
    assert '<option value="Rep 1" selected>' in page
    assert 'value="rep" id="f-role" checked' in page

    answer = admin.post("/team/users/new", data=account())
    assert (answer.status_code, answer.headers["location"]) == (303, "/team")
    made = users.user_by_email(session, "one@kestrel.example")
    session.refresh(reps[0])
    assert (made.role, reps[0].user_id) == (Role.REP, made.id)
    found = users.person_with(session, email="one@kestrel.example", password=PASSWORD)
    assert found.id == made.id
    page = admin.get("/team").text
    assert page.count("one@kestrel.example") == 2


def test_an_account_of_another_role_belongs_to_no_rep(
    admin: TestClient, reps: list[Rep], session: Session
) -> None:
    assert admin.post("/team/users/new", data=account(role="viewer")).status_code == 303
    session.refresh(reps[0])
    assert reps[0].user_id is None


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"email": "admin@kestrel.example"}, "email"),
        ({"role": ""}, "role"),
        ({"role": "owner"}, "role"),
        ({"rep": ""}, "rep"),
        ({"rep": "Nobody"}, "rep"),
        ({"password": "short"}, "password"),
    ],
)
def test_an_account_that_is_wrong_is_refused_whole(
    admin: TestClient,
    reps: list[Rep],
    session: Session,
    change: dict[str, str],
    where: str,
) -> None:
    before = count_rows(session, "users")
    answer = admin.post("/team/users/new", data=account(**change))
    assert answer.status_code == 422
    assert error_at(answer.text, where)
    assert PASSWORD not in answer.text
    assert count_rows(session, "users") == before


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST])
def test_only_an_admin_gives_accounts(sign_in: SignIn, role: Role) -> None:
    browser = sign_in(role)
    assert browser.get("/team/users/new").status_code == 403
    assert browser.post("/team/users/new", data=account()).status_code == 403


def standing_form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(segments\.\d+\.name)" value="([^"]*)"', page))


def test_a_manager_says_what_a_segment_follows(
    manager: TestClient,
    reps: list[Rep],
    version: ProcessVersion,
    session: Session,
    now: datetime,
    user: Callable[[Role], User],
) -> None:
    draft = process_draft.checked(PROCESS | {"name": "Demo first", "segment": "outbound"})
    other = process_draft.create(session, draft, now=now)
    adopt(session, "outbound", other, now=now)
    form = standing_form(manager.get("/team/standing").text)
    assert sorted(form.values()) == ["inbound", "outbound"]
    inbound = next(name for name, value in form.items() if value == "inbound")
    form[inbound.replace("name", "process")] = "discovery-first@1"

    answer = manager.post("/team/standing", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/team")
    assert standing_version_id(session, "inbound") == version.id
    # A segment left as it was stays, and only the act that was one is written down.
    assert standing_version_id(session, "outbound") == other.id
    (entry,) = audit.entries(session, "segment inbound")
    assert (entry.detail, entry.by_id) == ("discovery-first@1", user(Role.MANAGER).id)
    assert audit.entries(session, "segment outbound") == []
    assert "Discovery first · v1" in manager.get("/team").text


def test_an_unknown_process_is_refused_at_its_segment(
    manager: TestClient, reps: list[Rep], version: ProcessVersion, session: Session
) -> None:
    form = {"segments.1.name": "inbound", "segments.1.process": "nothing@1"}
    answer = manager.post("/team/standing", data=form)
    assert answer.status_code == 422
    assert "There is no process nothing@1." in error_at(answer.text, "segments.1.process")
    assert count_rows(session, "standing_processes") == 0


def test_a_segment_that_nobody_has_is_not_taken_up(
    manager: TestClient, version: ProcessVersion, session: Session
) -> None:
    form = {"segments.1.name": "moon", "segments.1.process": "discovery-first@1"}
    assert manager.post("/team/standing", data=form).status_code == 303
    assert count_rows(session, "standing_processes") == 0


def test_without_processes_there_is_nothing_to_follow_yet(
    manager: TestClient, reps: list[Rep]
) -> None:
    assert "Nothing to choose yet" in manager.get("/team/standing").text


def test_an_unknown_team_is_a_404(manager: TestClient) -> None:
    assert manager.get("/team/teams/999").status_code == 404


@pytest.mark.parametrize("role", [Role.REP, Role.VIEWER])
@pytest.mark.parametrize("ending", ["", "/teams/new", "/teams/1", "/reps/new", "/standing"])
def test_reps_and_viewers_have_no_business_here(sign_in: SignIn, role: Role, ending: str) -> None:
    assert sign_in(role).get(f"/team{ending}").status_code == 403


def test_someone_who_left_is_shown_apart(
    manager: TestClient, reps: list[Rep], now: datetime, session: Session
) -> None:
    gone: Any = reps[0]
    gone.left_at = now
    session.flush()
    page, left = manager.get("/team").text.split("Those who left")
    assert "Rep 1<" in left
    assert "Rep 1<" not in page
    assert "Rep 2" in page


def test_a_manager_hands_over_the_open_leads_of_a_rep_who_leaves(
    session: Session, reps: list[Rep], begin: Begin, manager: TestClient, now: datetime
) -> None:
    begin("L1", "Demo")
    page = f"/team/reps/{reps[0].id}"
    assert f'href="{page}"' in manager.get("/team").text
    assert "in no test under way" in manager.get(page).text

    mark = {"mark": "mark-of-a-test-form"}
    refused = manager.post(page + "/hand-over", data=mark)
    assert (refused.status_code, "Choose who takes the leads" in refused.text) == (422, True)
    refused = manager.post(page + "/leave", data=mark | {"day": "2999-01-01"})
    assert (refused.status_code, "This day is to come" in refused.text) == (422, True)

    given = manager.post(page + "/hand-over", data=mark | {"to": reps[1].external_id})
    assert given.headers["location"] == page
    assert lead(session, "L1").owner is reps[1]
    manager.post(page + "/leave", data=mark | {"day": now.date().isoformat()})
    assert "Those who left" in manager.get("/team").text
    manager.post(page + "/leave", data=mark)
    assert "Those who left" not in manager.get("/team").text
    assert manager.get("/team/reps/0").status_code == 404
