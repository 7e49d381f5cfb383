"""Lists of leads, and a lead's page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, process_draft
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.conftest import PROCESS, Tell
from tests.web.conftest import SignIn
from tests.web.selling import Begin, post


def test_a_rep_sees_their_own_leads_by_stage(begin: Begin, rep: Rep, sign_in: SignIn) -> None:
    begin("L1", "Qualify", name="Northwind", value={"amount": "12400", "currency": "EUR"})
    begin("L2", "Won", name="Fabrikam")
    begin("L3", "Demo", rep=1, name="Contoso")

    page = sign_in(Role.REP).get("/leads").text

    assert page.index(">Qualify <") < page.index("Northwind") < page.index(">Won <")
    assert page.index(">Won <") < page.index("Fabrikam")
    assert "€12,400" in page
    # From noon on the twentieth day before to nine o'clock today are 19 whole days.
    assert "19 days" in page
    assert "next: Discovery call" in page
    assert "Contoso" not in page


def test_a_rep_without_leads_is_told_what_will_stand_there(rep: Rep, sign_in: SignIn) -> None:
    assert "No leads yet" in sign_in(Role.REP).get("/leads").text


def test_an_account_that_belongs_to_no_rep_is_told_so(company: object, sign_in: SignIn) -> None:
    answer = sign_in(Role.REP).get("/leads")

    assert answer.status_code == 200
    assert "does not belong to a rep" in answer.text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.ANALYST])
def test_staff_see_everyones_leads_with_their_owners(
    begin: Begin, sign_in: SignIn, role: Role
) -> None:
    begin("L1", "Qualify", name="Northwind")
    begin("L2", rep=1, name="Fabrikam")

    page = sign_in(role).get("/leads").text

    assert "Northwind" in page
    assert "Rep 1" in page
    assert "Fabrikam" in page
    assert "no stage yet" in page


def test_staff_without_leads_are_shown_where_they_come_from(
    company: object, sign_in: SignIn
) -> None:
    assert "import a file" in sign_in(Role.MANAGER).get("/leads").text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=north", "Northwind", "Fabrikam"),
        ("q=L2", "Fabrikam", "Northwind"),
        ("stage=Demo", "Fabrikam", "Northwind"),
        ("owner=Rep%202", "Fabrikam", "Northwind"),
        ("q=%00north%20", "Northwind", "Fabrikam"),
        ("page=99999999999999999999999", "Northwind", "Contoso"),
        ("q=nothing", "Nothing found", "Northwind"),
        ("stage=%00", "Northwind", "Nothing found"),
    ],
)
def test_leads_are_searched_by_text_owner_and_stage(
    begin: Begin, sign_in: SignIn, query: str, shown: str, hidden: str
) -> None:
    begin("L1", "Qualify", name="Northwind")
    begin("L2", "Demo", rep=1, name="Fabrikam")

    page = sign_in(Role.MANAGER).get(f"/leads?{query}").text

    assert shown in page
    assert hidden not in page


def test_a_rep_who_asks_for_anothers_leads_sees_their_own(
    begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "Qualify", name="Northwind")
    begin("L2", "Qualify", rep=1, name="Fabrikam")

    page = sign_in(Role.REP).get("/leads?owner=Rep%202").text

    assert "Northwind" in page
    assert "Fabrikam" not in page


def test_an_owner_who_is_nobody_is_not_found(company: object, sign_in: SignIn) -> None:
    answer = sign_in(Role.MANAGER).get("/leads?owner=Nobody")

    assert answer.status_code == 404
    assert "Nobody" in answer.text


def test_long_lists_have_pages_that_keep_the_search(begin: Begin, sign_in: SignIn) -> None:
    for n in range(51):
        begin(f"L{n:02}", "Demo")

    client = sign_in(Role.MANAGER)
    first = client.get("/leads?stage=Demo").text
    later = re.search(r'rel="next" href="([^"]+)"', first)
    assert later
    second = client.get(later[1].replace("&amp;", "&")).text

    assert "Page 1 of 2" in first
    assert "stage=Demo" in later[1]
    assert second.count('data-label="Owner"') == 1


def test_a_lead_shows_its_way_its_work_and_its_history(
    begin: Begin, rep: Rep, sign_in: SignIn
) -> None:
    begin("L1", "New", "Qualify", name="Northwind")

    page = sign_in(Role.REP).get("/leads/L1").text

    assert '<li aria-current="step">Qualify<span' in page
    assert "Learn whether we can help." in page
    assert "The budget is named" in page
    assert "Why now?" in page
    assert 'role="checkbox" aria-checked="false"' in page
    assert "Move to Demo" in page
    assert "Entered <b>Qualify</b>" in page
    # Noon in UTC on 10 February is one o'clock in Berlin.
    assert "Feb 10, 2026, 1:00" in page


def test_ids_and_names_may_hold_any_sign(begin: Begin, rep: Rep, sign_in: SignIn) -> None:
    begin("a/b?c#d 5% <i>", "New", name="<script>alert(1)</script>")
    client = sign_in(Role.REP)

    listed = client.get("/leads").text
    path = re.search(r'href="(/leads/a[^"]+)"', listed)
    assert path
    answer = client.get(path[1])

    assert answer.status_code == 200
    assert "<script>" not in listed + answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    moved = post(client, path[1] + "/move", stage="demo", seen="new")
    assert moved.headers["location"] == path[1]


@pytest.mark.parametrize("path", ["/leads/L1", "/leads/nothing", "/leads/%00"])
def test_someone_elses_lead_is_as_unknown_as_none(
    begin: Begin, rep: Rep, sign_in: SignIn, path: str
) -> None:
    begin("L1", "New", rep=1, name="Northwind")

    answer = sign_in(Role.REP).get(path)

    assert answer.status_code == 404
    assert "Northwind" not in answer.text


def test_an_analyst_sees_a_lead_without_forms_to_move_it(begin: Begin, sign_in: SignIn) -> None:
    begin("L1", "Qualify")

    page = sign_in(Role.ANALYST).get("/leads/L1").text

    assert "Discovery call" in page
    assert "/leads/L1/move" not in page
    assert 'role="checkbox"' not in page


def test_a_viewer_sees_no_leads(begin: Begin, sign_in: SignIn) -> None:
    begin("L1", "Qualify")

    assert sign_in(Role.VIEWER).get("/leads").status_code == 403
    assert sign_in(Role.VIEWER).get("/leads/L1").status_code == 403


def test_a_lead_that_was_split_says_first_what_it_follows(
    session: Session,
    plan: dict[str, Any],
    rep: Rep,
    tell: Tell,
    sign_in: SignIn,
    now: datetime,
) -> None:
    early = now - timedelta(days=5)
    draft = experiment_draft.checked(plan | {"unit": "lead", "enrol_from": "2026-02-25"})
    found = experiment_draft.create(session, draft, by=None, now=early)
    life.launch(session, found, seed=7, by=None, now=early)
    begun = tell("L1", day=-2, type="created", owner_id=rep.external_id, name="Northwind")
    ingest_events(session, [begun], now=now)

    page = sign_in(Role.REP).get("/leads/L1").text

    follows = re.search(r"This lead follows <b>(Discovery|Demo) first</b>\.", page)
    assert follows
    assert follows.start() < page.index('class="stages"')


def test_a_lead_without_a_process_says_so_and_a_manager_chooses(
    session: Session,
    version: ProcessVersion,
    begin: Begin,
    rep: Rep,
    sign_in: SignIn,
    now: datetime,
) -> None:
    other = process_draft.checked(PROCESS | {"name": "Outbound"})
    process_draft.create(session, other, now=now)
    begin("L1", name="Northwind")
    assert lead(session, "L1").version is None

    for role in (Role.REP, Role.ANALYST):
        page = sign_in(role).get("/leads/L1").text
        assert "A manager can choose one here." in page
        assert "/leads/L1/process" not in page
    manager = sign_in(Role.MANAGER)
    assert "Choose a process" in manager.get("/leads/L1").text
    assert post(sign_in(Role.REP), "/leads/L1/process", version="1").status_code == 403
    refused = post(manager, "/leads/L1/process", version="0", form="process")
    assert (refused.status_code, "Choose a process." in refused.text) == (422, True)

    answer = post(manager, "/leads/L1/process", version=str(version.id))

    assert answer.status_code == 303
    assert lead(session, "L1").version is version
    assert "Move to New" in manager.get("/leads/L1").text


def test_an_admin_erases_what_is_personal_about_a_lead(begin: Begin, sign_in: SignIn) -> None:
    begin("L1", "Demo", name="Northwind")
    admin = sign_in(Role.ADMIN)
    page = "/settings/personal-data"
    assert f'href="{page}"' in admin.get("/settings").text

    for sent, said in (
        ({"lead": "L1"}, "Tick that you are sure"),
        ({"lead": "L9", "sure": "yes"}, "There is no lead of that id."),
    ):
        refused = admin.post(page, data=sent)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert "Northwind" in admin.get("/leads/L1").text

    assert admin.post(page, data={"lead": "L1", "sure": "yes"}).status_code == 303
    assert "Northwind" not in admin.get("/leads/L1").text
    assert "L1" in admin.get(page).text.split("Erased before")[1]
