"""Planning an experiment by page: the list, the form, the plan in words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, people
from experiments.experiment import Experiment, experiment
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import SignIn

Form = dict[str, Any]
PLAN = "/experiments/demo-before-discovery/plan"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


@pytest.fixture
def form(version: ProcessVersion, reps: list[Rep]) -> Form:
    """What a manager types: two variants, a whole team, thirty days."""
    return {
        "act": "save",
        "name": "Demo before discovery",
        "hypothesis": "Showing the product first closes more.",
        "variants.1.name": "Discovery first",
        "variants.1.process": "discovery-first@1",
        "variants.1.weight": "1",
        "variants.2.name": "Demo first",
        "variants.2.process": "discovery-first@1",
        "variants.2.weight": "1",
        "control": "1",
        "teams": ["Berlin"],
        "unit": "rep",
        "milestone": "won",
        "horizon_days": "30",
        "level": "0.95",
        "enrol_from": "2026-03-03",
        "enrol_until": "2026-04-30",
    }


@pytest.fixture
def drafted(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """The same plan, saved."""
    return experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)


def error_at(page: str, where: str) -> str:
    """The error that is said at a field, and to which the summary on top links."""
    assert f'href="#f-{where}"' in page
    found = re.search(rf'id="f-{re.escape(where)}-error">([^<]+)<', page)
    return found[1] if found else ""


def test_an_empty_list_says_what_comes_first(manager: TestClient) -> None:
    page = manager.get("/experiments").text
    assert "No experiment yet" in page
    assert 'href="/processes"' in page
    assert "First, write a process" in page


def test_with_a_process_the_list_asks_for_the_team(
    manager: TestClient, version: ProcessVersion
) -> None:
    assert "First, add your team" in manager.get("/experiments").text


def test_without_a_process_the_form_says_so(manager: TestClient) -> None:
    page = manager.get("/experiments/new").text
    assert "There is no process yet." in page
    assert "There are no reps yet." in page


def test_the_list_shows_each_experiment_and_what_it_waits_for(
    manager: TestClient, drafted: Experiment
) -> None:
    page = manager.get("/experiments").text
    assert f'href="{PLAN}"' in page
    assert "To be launched" in page


def test_a_viewer_sees_that_there_is_a_draft_but_not_its_plan(
    sign_in: SignIn, drafted: Experiment
) -> None:
    page = sign_in(Role.VIEWER).get("/experiments").text
    assert drafted.name in page
    assert PLAN not in page
    assert sign_in(Role.VIEWER).get(PLAN).status_code == 403


def test_a_manager_plans_an_experiment(manager: TestClient, form: Form, session: Session) -> None:
    assert manager.get("/experiments/new").status_code == 200
    answer = manager.post("/experiments/new", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, PLAN)

    found = experiment(session, "demo-before-discovery")
    assert [each.name for each in found.variants] == ["Discovery first", "Demo first"]
    assert [each.is_control for each in found.variants] == [True, False]
    assert [rep.name for rep in found.participants] == [f"Rep {n}" for n in range(1, 9)]
    assert found.horizon_days == 30
    assert found.created_by_id is not None

    page = manager.get(PLAN).text
    assert "The draft is saved" in page
    assert "within 30 days of enrolling" in page
    # The company is in Berlin: the days are the ones that were typed.
    assert "from Mar 3, 2026 to Apr 30, 2026" in page


def test_single_reps_take_part_without_their_team(
    manager: TestClient, form: Form, session: Session
) -> None:
    form |= {"teams": [], "reps": ["Rep 2", "Rep 5", "Rep 7"]}
    assert manager.post("/experiments/new", data=form).status_code == 303
    found = experiment(session, "demo-before-discovery")
    assert [rep.name for rep in found.participants] == ["Rep 2", "Rep 5", "Rep 7"]


def test_a_variant_more_is_a_row_more_and_nothing_is_lost(
    manager: TestClient, form: Form, session: Session
) -> None:
    answer = manager.post("/experiments/new", data=form | {"act": "add", "control": "2"})
    assert answer.status_code == 200
    assert 'name="variants.3.name"' in answer.text
    assert 'value="Demo first"' in answer.text
    assert re.search(r'name="control" value="2" checked', answer.text)
    assert "Showing the product first" in answer.text
    assert count_rows(session, "experiments") == 0


def test_a_variant_less_takes_its_row_and_the_control_moves_with_its_own(
    manager: TestClient, form: Form
) -> None:
    third = {
        "variants.3.name": "Both at once",
        "variants.3.process": "",
        "variants.3.weight": "2",
        "control": "3",
        "act": "remove.1",
    }
    page = manager.post("/experiments/new", data=form | third).text
    assert "Discovery first" not in re.findall(r'name="variants[^>]+value="([^"]*)"', page)
    assert 'value="Both at once"' in page
    assert re.search(r'name="control" value="2" checked', page)
    assert 'name="variants.3.name"' not in page


def test_at_most_four_variants_can_be_added(manager: TestClient, form: Form) -> None:
    for number in (3, 4):
        form |= {f"variants.{number}.{name}": "1" for name in ("name", "process", "weight")}
    page = manager.post("/experiments/new", data=form | {"act": "nothing"}).text
    assert "Add a variant" not in page
    assert page.count('value="remove.') == 4


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "name"),
        ({"hypothesis": " "}, "hypothesis"),
        ({"name": "?!"}, "name"),
        ({"name": "New"}, "name"),
        ({"variants.2.weight": "0"}, "variants.2.weight"),
        ({"variants.2.weight": "many"}, "variants.2.weight"),
        ({"variants.2.process": "nothing@1"}, "variants.2.process"),
        ({"horizon_days": "0"}, "horizon_days"),
        ({"horizon_days": "2.5"}, "horizon_days"),
        ({"enrol_from": "soon"}, "enrol_from"),
        ({"level": "1"}, "level"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    manager: TestClient, form: Form, session: Session, change: Form, where: str
) -> None:
    answer = manager.post("/experiments/new", data=form | change)
    assert answer.status_code == 422
    assert error_at(answer.text, where)
    assert "Showing the product first" in answer.text or where == "hypothesis"
    assert count_rows(session, "experiments") == 0


@pytest.mark.parametrize("change", [{"reps": ["Nobody"]}, {"teams": ["Nowhere"]}])
def test_who_is_unknown_is_said_where_people_are_chosen(
    manager: TestClient, form: Form, change: Form
) -> None:
    page = manager.post("/experiments/new", data=form | change).text
    assert 'href="#f-reps"' in page
    assert "There is no" in page


def test_the_summary_says_which_field_it_speaks_of(manager: TestClient, form: Form) -> None:
    wrong = {"variants.2.weight": "0", "horizon_days": "none"}
    page = manager.post("/experiments/new", data=form | wrong).text
    assert "2 things to mend" in page
    assert ">Variant 2, share: It must be more than 0.</a>" in page
    assert ">Days that each lead gets: A whole number is expected.</a>" in page


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"control": ["1", "2"]}, "variants", "Exactly one variant is the control"),
        ({"control": []}, "variants", "Exactly one variant is the control"),
        ({"variants.2.name": "Discovery first"}, "variants", "Two variants have the same name"),
        ({"enrol_until": "2026-01-01"}, "enrol_until", "Enrolment ends before it begins"),
        ({"by_account": "yes"}, "by_account", "only where leads are split"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    manager: TestClient, form: Form, session: Session, change: Form, where: str, said: str
) -> None:
    answer = manager.post("/experiments/new", data=form | change)
    assert answer.status_code == 422
    assert f'href="#f-{where}"' in answer.text
    assert f'id="f-{where}"' in answer.text
    # In the summary on top, and beside the field.
    assert answer.text.count(said) == 2
    assert count_rows(session, "experiments") == 0


def test_one_variant_is_too_few(manager: TestClient, form: Form) -> None:
    only = {name: value for name, value in form.items() if not name.startswith("variants.2")}
    answer = manager.post("/experiments/new", data=only)
    assert answer.status_code == 422
    assert 'href="#f-variants"' in answer.text
    assert 'id="f-variants"' in answer.text


def test_a_name_that_is_taken_is_said_at_the_name(
    manager: TestClient, form: Form, drafted: Experiment
) -> None:
    page = manager.post("/experiments/new", data=form)
    assert page.status_code == 422
    assert "demo-before-discovery already" in error_at(page.text, "name")


def test_a_draft_opens_as_it_was_saved_and_is_changed(
    manager: TestClient, form: Form, drafted: Experiment, session: Session
) -> None:
    page = manager.get("/experiments/demo-before-discovery/edit").text
    # All of Berlin takes part, so the team is ticked as a whole.
    assert re.search(r'name="teams" value="Berlin" checked', page)
    assert not re.search(r'name="reps" value="[^"]+" checked', page)
    assert '<option value="discovery-first@1" selected>' in page

    answer = manager.post(
        "/experiments/demo-before-discovery/edit",
        data=form | {"name": "Demo at once", "horizon_days": "45"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, PLAN)
    session.expire_all()
    assert (drafted.name, drafted.horizon_days) == ("Demo at once", 45)


def test_a_refused_change_keeps_what_was_typed(
    manager: TestClient, form: Form, drafted: Experiment
) -> None:
    answer = manager.post(
        "/experiments/demo-before-discovery/edit",
        data=form | {"hypothesis": "Another guess", "variants.1.weight": "0"},
    )
    assert answer.status_code == 422
    assert "Another guess" in answer.text
    assert error_at(answer.text, "variants.1.weight")


def test_a_row_is_added_to_a_draft_too(
    manager: TestClient, form: Form, drafted: Experiment
) -> None:
    address = "/experiments/demo-before-discovery/edit"
    assert 'name="variants.3.name"' in manager.post(address, data=form | {"act": "add"}).text


def test_part_of_a_team_is_shown_rep_by_rep(
    manager: TestClient, session: Session, plan: dict[str, Any], now: datetime
) -> None:
    some = plan | {"teams": [], "reps": ["Rep 1", "Rep 2"]}
    experiment_draft.create(session, experiment_draft.checked(some), by=None, now=now)
    page = manager.get("/experiments/demo-before-discovery/edit").text
    assert not re.search(r'name="teams" value="Berlin" checked', page)
    assert re.findall(r'name="reps" value="([^"]+)" checked', page) == ["Rep 1", "Rep 2"]


def test_after_the_launch_there_is_nothing_to_edit(
    manager: TestClient, running: Experiment, form: Form
) -> None:
    answer = manager.get("/experiments/demo-before-discovery/edit")
    assert (answer.status_code, answer.headers["location"]) == (303, PLAN)
    refused = manager.post("/experiments/demo-before-discovery/edit", data=form)
    assert refused.status_code == 422
    assert "froze at launch" in refused.text


def test_three_against_three_reps_can_never_conclude_and_the_plan_says_so(
    manager: TestClient, form: Form
) -> None:
    # 2 / C(6, 3) = 0.10.
    form |= {"teams": [], "reps": [f"Rep {n}" for n in range(1, 7)]}
    manager.post("/experiments/new", data=form)
    page = manager.get(PLAN).text
    assert "can never conclude" in page
    assert "only 20 ways" in page
    assert "is 0.10, and the plan asks for 0.05" in page
    assert "Launch anyway" in page


def test_four_against_four_reps_can_conclude(manager: TestClient, drafted: Experiment) -> None:
    # 2 / C(8, 4) = 0.0286.
    page = manager.get(PLAN).text
    assert "can be split in 70 ways, so the smallest p that can come out is 0.0286" in page
    assert "can never conclude" not in page


def test_what_blocks_the_launch_is_listed_with_the_way_to_mend_it(
    manager: TestClient, form: Form
) -> None:
    manager.post("/experiments/new", data=form | {"variants.2.process": "", "teams": []})
    page = manager.get(PLAN).text
    assert "2 things are missing" in page
    assert "/experiments/demo-before-discovery/edit#f-variants.2.process" in page
    assert "/experiments/demo-before-discovery/edit#f-reps" in page
    assert 'action="/experiments/demo-before-discovery/launch"' not in page


def test_an_analyst_plans_but_does_not_launch(sign_in: SignIn, form: Form) -> None:
    analyst = sign_in(Role.ANALYST)
    assert analyst.post("/experiments/new", data=form).status_code == 303
    page = analyst.get(PLAN).text
    assert "A manager launches it." in page
    assert "/launch" not in page


def test_the_frozen_plan_shows_its_hash_its_seed_and_who_is_where(
    manager: TestClient, running: Experiment, reps: list[Rep]
) -> None:
    page = manager.get(PLAN).text
    assert running.plan_hash is not None
    assert running.plan_hash in page
    assert all(rep.name in page for rep in reps)
    assert "Launched" in page
    assert "Change the plan" not in page


def test_days_are_the_company_s(
    manager: TestClient, session: Session, running: Experiment
) -> None:
    session.refresh(running)
    # In summer a day in Berlin ends at 22:00 UTC.
    assert running.enrol_until_at.isoformat() == "2026-04-30T22:00:00+00:00"
    assert "to Apr 30, 2026" in manager.get(PLAN).text


def test_a_rep_without_a_team_can_be_chosen(
    manager: TestClient, form: Form, session: Session, now: datetime
) -> None:
    people.add_rep(session, "Freelance", team=None, now=now)
    page = manager.get("/experiments/new").text
    assert "Reps without a team" in page
    manager.post("/experiments/new", data=form | {"reps": ["Freelance"]})
    assert "Freelance" in manager.get(PLAN).text


@pytest.mark.parametrize("ending", ["", "/new", "/nothing/plan", "/nothing/edit"])
def test_a_rep_sees_none_of_it(sign_in: SignIn, ending: str) -> None:
    assert sign_in(Role.REP).get(f"/experiments{ending}").status_code == 403


@pytest.mark.parametrize("ending", ["plan", "edit"])
def test_an_unknown_experiment_is_a_404(manager: TestClient, ending: str) -> None:
    assert manager.get(f"/experiments/nothing/{ending}").status_code == 404


def test_what_following_means_is_planned_and_read_again(
    manager: TestClient, form: Form, session: Session
) -> None:
    form |= {
        "variants.2.defining_actions": "Discovery call\r\n\r\n",
        "missing_limit": "2,5",
        "stale_days": "3",
        "adherence_floor": "80",
    }
    assert manager.post("/experiments/new", data=form).status_code == 303

    found = experiment(session, "demo-before-discovery")
    assert found.variants[1].defining_actions == ["qualify.discovery-call"]
    assert (found.missing_limit, found.stale_days, found.adherence_floor) == (0.025, 3, 0.8)
    page = manager.get(PLAN).text
    assert "What following Demo first means" in page
    assert "received: Discovery call." in page
    again = manager.get("/experiments/demo-before-discovery/edit").text
    assert "qualify.discovery-call</textarea>" in again
    assert 'value="2.5"' in again


def test_an_action_that_its_process_lacks_is_said_at_its_variant(
    manager: TestClient, form: Form
) -> None:
    form |= {"variants.2.defining_actions": "Golf", "missing_limit": "51"}
    answer = manager.post("/experiments/new", data=form)
    assert answer.status_code == 422
    assert "50 or less" in error_at(answer.text, "missing_limit")
    answer = manager.post("/experiments/new", data=form | {"missing_limit": ""})
    assert "no action Golf" in error_at(answer.text, "variants.2.defining_actions")
