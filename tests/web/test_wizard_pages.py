"""A new experiment step by step: answered, refused, left, taken up again, launched."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, people, process_draft, unfinished
from experiments.company import Company
from experiments.experiment import experiment, experiments
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.unfinished import UnfinishedPlan
from experiments.users import Role, User
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS
from tests.web.conftest import SignIn
from web.wizard.answers import taken
from web.wizard.steps import Step

Answers = dict[str, dict[str, Any]]
FIRST = "/experiments/new/question"
PLAN = "/experiments/demo-before-discovery/plan"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


@pytest.fixture
def rival(session: Session, version: ProcessVersion, now: datetime) -> ProcessVersion:
    """A process that asks for a demo instead of the discovery call."""
    written = deepcopy(PROCESS) | {"name": "Demo first"}
    written["stages"][1]["actions"] = [{"name": "Live demo", "kind": "demo"}]
    return process_draft.create(session, process_draft.checked(written), now=now)


@pytest.fixture
def answers(version: ProcessVersion, rival: ProcessVersion, reps: list[Rep]) -> Answers:
    """What a manager types on each page."""
    return {
        "question": {"name": "Demo before discovery", "hypothesis": "They see it sooner."},
        "variants": {
            "variants.1.name": "Discovery first",
            "variants.1.process": "discovery-first@1",
            "variants.1.weight": "1",
            "variants.2.name": "Demo first",
            "variants.2.process": "demo-first@1",
            "variants.2.weight": "1",
            "control": "1",
        },
        "who": {"unit": "rep", "segments": "inbound"},
        "measured": {"metric": "won", "horizon_days": "30", "level": "0.95", "guard.demo": "2"},
        "looks": {"enrol_from": "2026-03-03", "enrol_until": "2026-04-30", "looks": "2"},
        "split": {"design": "complete"},
        "feasibility": {"effect": "20"},
    }


@pytest.fixture
def begun(
    manager: TestClient,
    answers: Answers,
    session: Session,
    user: Callable[[Role], User],
    now: datetime,
) -> str:
    """Where the plan stands of which every step is answered, up to its review."""
    plan = unfinished.begin(session, by=user(Role.MANAGER), now=now)
    typed: dict[str, list[str]] = {}
    for step, sent in answers.items():
        said = {name: [value] for name, value in sent.items()}
        typed |= taken(Step(step), said)
    unfinished.keep(session, plan, typed, step="review", passed=answers, now=now)
    return f"/experiments/new/{plan.id}"


def walk(browser: TestClient, answers: Answers) -> str:
    """Answer every step, one after the other; where the last of them leads."""
    address = FIRST
    for step, typed in answers.items():
        assert address.endswith(step)
        sent = browser.post(address, data=typed | {"act": "next"})
        assert sent.status_code == 303, sent.text
        address = sent.headers["location"]
    return address.removesuffix("/review")


def error_at(page: str, where: str) -> str:
    """The error that is said at a field, and to which the summary on top links."""
    assert f'href="#f-{where}"' in page
    found = re.search(rf'id="f-{re.escape(where)}-error">([^<]+)<', page)
    return found[1] if found else ""


def kept(session: Session) -> UnfinishedPlan:
    """The one plan that is not finished."""
    session.expire_all()
    (found,) = session.query(UnfinishedPlan)
    return found


def test_opening_the_first_step_keeps_nothing(manager: TestClient, session: Session) -> None:
    page = manager.get(FIRST).text
    assert "What do you want to find out?" in page
    assert re.search(r'value="to.question"[^>]* aria-current="step"', page)
    assert page.count('aria-current="step"') == 1
    assert 'href="/experiments/new"' in page
    assert count_rows(session, "unfinished_plans") == 0


def test_an_answer_that_is_missing_is_said_at_its_field(
    manager: TestClient, session: Session
) -> None:
    answer = manager.post(FIRST, data={"name": "A name", "hypothesis": " ", "act": "next"})
    assert answer.status_code == 422
    assert error_at(answer.text, "hypothesis") == "Fill this in."
    assert 'value="A name"' in answer.text
    assert count_rows(session, "unfinished_plans") == 0


def test_from_the_question_to_the_launch(
    manager: TestClient, answers: Answers, session: Session
) -> None:
    begun = walk(manager, answers)
    page = manager.get(f"{begun}/review").text
    assert "Everything is there." in page
    assert "“Demo or trial” by more than 2.0 points." in page
    assert "Live demo" in page
    assert "8 against" not in page
    assert "4 against 4 reps can be split in 70 ways" in page
    launched = manager.post(f"{begun}/review", data={"act": "launch"})
    assert (launched.status_code, launched.headers["location"]) == (303, PLAN)
    assert "Launched. The plan is frozen" in manager.get(PLAN).text

    found = experiment(session, "demo-before-discovery")
    assert found.launched_at is not None
    assert [each.name for each in found.variants] == ["Discovery first", "Demo first"]
    assert len(found.participants) == 8
    assert (found.horizon_days, found.looks) == (30, 2)
    assert [(each.metric, each.margin) for each in found.guardrails] == [("demo", 0.02)]
    assert count_rows(session, "unfinished_plans") == 0
    assert manager.get(f"{begun}/review").status_code == 404


def test_it_can_be_saved_as_a_draft_instead(
    manager: TestClient, begun: str, session: Session
) -> None:
    saved = manager.post(f"{begun}/review", data={"act": "save"})
    assert (saved.status_code, saved.headers["location"]) == (303, PLAN)
    assert experiment(session, "demo-before-discovery").launched_at is None
    assert count_rows(session, "unfinished_plans") == 0


def test_what_is_left_stands_in_the_list_and_goes_on_where_it_was(
    manager: TestClient, answers: Answers, session: Session
) -> None:
    manager.post(FIRST, data=answers["question"] | {"act": "next"})
    plan = kept(session)
    address = f"/experiments/new/{plan.id}"
    typed = {"variants.1.name": "Half of a", "variants.1.weight": "x", "act": "leave"}
    left = manager.post(f"{address}/variants", data=typed)
    assert left.headers["location"] == "/experiments"
    listed = manager.get("/experiments").text
    assert "What you typed is kept." in listed
    assert "Not finished yet" in listed
    assert f'href="{address}/variants">Demo before discovery' in listed
    page = manager.get(f"{address}/variants").text
    assert 'value="Half of a"' in page
    assert 'value="x"' in page
    assert "to mend" not in page


def test_a_plan_without_a_name_is_listed_too(manager: TestClient, version: ProcessVersion) -> None:
    manager.post(FIRST, data={"name": "", "act": "leave"})
    assert "Without a name" in manager.get("/experiments").text


def test_going_back_keeps_what_was_typed_and_asks_for_nothing(
    manager: TestClient, begun: str
) -> None:
    back = manager.post(f"{begun}/measured", data={"horizon_days": "many", "act": "back"})
    assert back.headers["location"] == f"{begun}/who"
    page = manager.get(f"{begun}/measured").text
    assert 'value="many"' in page
    # Nothing was ticked, so nothing is told beside.
    assert not re.search(r'name="secondary"[^>]* checked', page)


def test_a_step_of_the_list_opens_and_keeps_what_was_typed(
    manager: TestClient, begun: str, session: Session
) -> None:
    answer = manager.post(
        f"{begun}/looks", data={"enrol_from": "2026-03-09", "act": "to.question"}
    )
    assert answer.headers["location"] == f"{begun}/question"
    assert kept(session).typed["enrol_from"] == ["2026-03-09"]
    # It was left out of order, and is done no longer.
    assert "looks" not in kept(session).passed
    nowhere = manager.post(f"{begun}/looks", data={"act": "to.nowhere"})
    assert nowhere.headers["location"] == f"{begun}/looks"


@pytest.mark.parametrize(
    ("step", "typed", "where", "said"),
    [
        ("question", {"name": "%%%"}, "name", "A name needs a letter or a digit."),
        ("variants", {"variants.1.name": ""}, "variants.1.name", "Fill this in."),
        ("variants", {"variants.2.name": "discovery FIRST"}, "variants", ""),
        (
            "variants",
            {"variants.2.process": "gone@9"},
            "variants.2.process",
            "There is no process gone@9.",
        ),
        (
            "variants",
            {"variants.2.defining_actions": "Lunch"},
            "variants.2.defining_actions",
            "There is no action Lunch in the process of Demo first.",
        ),
        ("who", {"segments": []}, "reps", ""),
        ("who", {"segments": [], "reps": ["nobody"]}, "reps", ""),
        ("who", {"by_account": "yes"}, "by_account", "Accounts can be kept together only"),
        ("measured", {"horizon_days": "0"}, "horizon_days", "It must be 1 or more."),
        ("measured", {"guard.demo": "60"}, "guardrails", ""),
        ("measured", {"rates": "EUR 1"}, "rates", "EUR is the company"),
        ("looks", {"enrol_until": "2026-03-01"}, "enrol_until", "Enrolment ends before"),
        ("looks", {"looks": "9"}, "looks", "It must be 5 or less."),
        ("split", {"design": "by magic"}, "design", "Choose one of these"),
        ("split", {"design": "crossover", "washout_days": "90"}, "washout_days", "59 days of"),
        ("feasibility", {"effect": "much"}, "effect", "A number is expected."),
        ("feasibility", {"effect": "95"}, "effect", "From 20% a difference of 95 points"),
    ],
)
def test_each_step_refuses_what_is_wrong_in_it(
    step: str,
    typed: dict[str, Any],
    where: str,
    said: str,
    manager: TestClient,
    begun: str,
    answers: Answers,
    session: Session,
) -> None:
    before = kept(session).typed
    answer = manager.post(f"{begun}/{step}", data=answers[step] | typed | {"act": "next"})
    assert answer.status_code == 422, answer.text
    assert error_at(answer.text, where).startswith(said)
    assert answer.text.count('<div class="note bad"') == 1
    assert kept(session).typed == before


def test_what_is_wrong_elsewhere_keeps_nobody_from_going_on(
    manager: TestClient, begun: str, answers: Answers
) -> None:
    manager.post(f"{begun}/question", data={"name": "", "act": "to.who"})
    assert manager.post(f"{begun}/who", data=answers["who"] | {"act": "next"}).is_redirect
    # And what is wrong here is still found.
    wrong = manager.post(f"{begun}/who", data={"unit": "team", "act": "next"})
    assert error_at(wrong.text, "unit").startswith("Choose one of these")


def test_a_step_that_no_longer_fits_is_named_with_its_reason(
    manager: TestClient, begun: str
) -> None:
    crossed = {"design": "crossover", "washout_days": "3", "act": "next"}
    assert manager.post(f"{begun}/split", data=crossed).is_redirect
    page = manager.get(f"{begun}/feasibility").text
    assert "Something in another step no longer fits." in page
    assert "A crossover has one look" in page
    assert "(to be mended)" in page
    mended = manager.get(f"{begun}/looks").text
    assert error_at(mended, "looks").startswith("A crossover has one look")
    review = manager.get(f"{begun}/review").text
    assert "one thing is missing" in review
    assert "Save as a draft" not in review
    refused = manager.post(f"{begun}/review", data={"act": "save"})
    assert refused.status_code == 422
    assert "A crossover has one look" in refused.text


def test_variants_come_and_go_and_keep_what_was_typed(
    manager: TestClient, begun: str, answers: Answers, session: Session
) -> None:
    added = manager.post(f"{begun}/variants", data=answers["variants"] | {"act": "add"})
    assert added.headers["location"] == f"{begun}/variants#f-variants.3"
    page = manager.get(f"{begun}/variants").text
    assert "Variant 3" in page
    assert 'value="Demo first"' in page
    third = {"variants.3.name": "Both", "variants.3.process": "", "variants.3.weight": "1"}
    removed = manager.post(
        f"{begun}/variants", data=answers["variants"] | third | {"act": "remove.1"}
    )
    assert removed.headers["location"] == f"{begun}/variants"
    typed = kept(session).typed
    assert typed["variants.1.name"] == ["Demo first"]
    assert typed["variants.2.name"] == ["Both"]
    assert typed["control"] == []
    assert "variants.3.name" not in typed


def test_the_processes_are_compared_before_the_step_is_in_order(
    manager: TestClient, answers: Answers
) -> None:
    address = manager.post(FIRST, data=answers["question"] | {"act": "next"}).headers["location"]
    unnamed = answers["variants"] | {"variants.2.name": "", "act": "stay"}
    compared = manager.post(address, data=unnamed)
    assert compared.headers["location"] == f"{address}#shown"
    page = manager.get(address).text
    assert "What Variant 2 does differently" in page
    assert re.search(r"Discovery call <span class=\"chip \">left out", page)
    assert re.search(r"Live demo <span class=\"chip main\">new", page)
    assert "What is alike" in page
    same = unnamed | {"variants.2.process": "discovery-first@1"}
    manager.post(address, data=same)
    assert "there is nothing to compare" in manager.get(address).text
    manager.post(address, data=unnamed | {"variants.1.process": "gone"})
    assert "does differently" not in manager.get(address).text


def test_a_segment_stands_for_its_teams_as_they_are_at_the_end(
    manager: TestClient, begun: str, session: Session, now: datetime
) -> None:
    page = manager.get(f"{begun}/who").text
    assert re.search(r'name="segments" value="inbound" checked', page)
    assert "Berlin · 8 reps" in page
    lyon = people.add_team(session, "Lyon", segment="inbound")
    people.add_rep(session, "Rep 9", team=lyon, now=now)
    manager.post(f"{begun}/review", data={"act": "save"})
    assert len(experiment(session, "demo-before-discovery").participants) == 9


def test_the_split_shows_an_example_and_another_one(
    manager: TestClient, begun: str, session: Session, now: datetime
) -> None:
    lyon = people.add_team(session, "Lyon", segment="inbound")
    for number in range(9, 13):
        people.add_rep(session, f"Rep {number}", team=lyon, now=now)
    examples = {manager.get(f"{begun}/split?draw={draw}").text for draw in range(4)}
    sizes = {re.findall(r'data-label="D[^"]+"><span>(\d+)<', page)[0] for page in examples}
    assert len(sizes) > 1
    stays = manager.post(f"{begun}/split", data={"design": "by_team", "act": "stay"})
    assert stays.headers["location"] == f"{begun}/split#shown"
    again = manager.post(f"{begun}/split", data={"design": "by_team", "act": "draw.2"})
    assert again.headers["location"] == f"{begun}/split?draw=2#shown"
    assert 'value="draw.3"' in manager.get(again.headers["location"]).text
    page = manager.get(f"{begun}/split?draw=nonsense").text
    shown = re.findall(r'data-label="D[^"]+"><span>(\d+)<', page)
    assert shown[:6] == ["4", "4", "2", "2", "6", "6"]
    assert "How alike the variants were before" in page
    assert "Weeks that the rep was there" in page


def test_a_split_that_cannot_be_drawn_says_why(manager: TestClient, begun: str) -> None:
    manager.post(f"{begun}/split", data={"design": "paired", "act": "stay"})
    page = manager.get(f"{begun}/split").text
    assert "There are no leads from before by which the reps could be compared." in page
    manager.post(f"{begun}/who", data={"unit": "rep", "reps": ["Rep 1"], "act": "next"})
    page = manager.get(f"{begun}/split").text
    assert "1 reps cannot fill 2 variants" in page
    assert "Reps in all" not in page


def test_leads_are_split_without_a_design(manager: TestClient, begun: str) -> None:
    leads = {"unit": "lead", "teams": ["Berlin"], "act": "next"}
    manager.post(f"{begun}/who", data=leads)
    page = manager.get(f"{begun}/split").text
    assert "Each new lead draws its process by chance" in page
    assert 'name="design"' not in page
    assert "not known" in page
    assert manager.post(f"{begun}/split", data={"act": "next"}).is_redirect
    assert manager.post(f"{begun}/review", data={"act": "launch"}).is_redirect


def test_too_few_reps_are_told_that_nothing_can_come_of_it(
    manager: TestClient, begun: str
) -> None:
    few = {"unit": "rep", "reps": ["Rep 1", "Rep 2", "Rep 3", "Rep 4"], "act": "next"}
    manager.post(f"{begun}/who", data=few)
    assert "This test can never conclude." in manager.get(f"{begun}/split").text
    assert "nothing could be significant" in manager.get(f"{begun}/feasibility").text
    assert "Launch anyway" in manager.get(f"{begun}/review").text


@pytest.mark.parametrize(
    ("effect", "said", "warned"),
    [
        ("0.1", "Nothing finds this within a year", True),
        ("60", "is found 80% of the time after", False),
    ],
)
def test_the_answer_says_plainly_whether_it_is_found(
    effect: str, said: str, warned: bool, manager: TestClient, begun: str
) -> None:
    manager.post(f"{begun}/feasibility", data={"effect": effect, "act": "stay"})
    page = manager.get(f"{begun}/feasibility").text
    assert said in page
    assert "Usual figures, not yours." in page
    assert ("would hardly find" in manager.get(f"{begun}/review").text) is warned


def test_the_last_steps_wait_for_those_before(manager: TestClient, session: Session) -> None:
    address = manager.post(FIRST, data={"name": "A", "act": "to.split"}).headers["location"]
    assert "Once the steps before are in order" in manager.get(address).text
    base = address.removesuffix("/split")
    assert "the answer stands here" in manager.get(f"{base}/feasibility").text
    review = manager.get(f"{base}/review").text
    assert "things are missing" in review
    assert 'value="to.variants"' in review
    assert "Launch" not in review
    assert manager.post(f"{base}/review", data={"act": "launch"}).status_code == 422
    assert experiments(session) == []


def test_what_keeps_it_from_launching_leads_to_its_step(
    manager: TestClient, begun: str, answers: Answers, session: Session
) -> None:
    unchosen = answers["variants"] | {"variants.2.process": "", "act": "next"}
    assert manager.post(f"{begun}/variants", data=unchosen).is_redirect
    page = manager.get(f"{begun}/review").text
    assert re.search(r'value="to.variants"[^>]*>Demo first is empty', page)
    assert 'value="launch"' not in page
    refused = manager.post(f"{begun}/review", data={"act": "launch"})
    assert refused.status_code == 422
    assert experiments(session) == []
    assert count_rows(session, "unfinished_plans") == 1
    assert manager.post(f"{begun}/review", data={"act": "save"}).is_redirect


def test_a_name_that_is_taken_is_said_on_the_first_page(
    manager: TestClient, plan: dict[str, Any], session: Session, now: datetime
) -> None:
    experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    typed = {"name": plan["name"], "hypothesis": "Again.", "act": "next"}
    answer = manager.post(FIRST, data=typed)
    assert error_at(answer.text, "name").startswith("There is an experiment demo-before")


def test_an_analyst_plans_and_a_manager_launches(
    sign_in: SignIn, answers: Answers, session: Session
) -> None:
    analyst = sign_in(Role.ANALYST)
    address = f"{walk(analyst, answers)}/review"
    page = analyst.get(address).text
    assert "A manager launches it." in page
    assert 'value="launch"' not in page
    assert analyst.post(address, data={"act": "launch"}).status_code == 403
    assert analyst.post(address, data={"act": "save"}).headers["location"] == PLAN


def test_where_a_second_person_approves_the_plan_is_saved_for_them(
    manager: TestClient, begun: str, company: Company, session: Session
) -> None:
    company.second_approval = True
    session.flush()
    page = manager.get(f"{begun}/review").text
    assert "save it, and ask them" in page
    assert 'value="launch"' not in page
    refused = manager.post(f"{begun}/review", data={"act": "launch"})
    assert refused.status_code == 422
    assert "A second person has to approve" in refused.text
    assert experiments(session) == []
    assert manager.post(f"{begun}/review", data={"act": "save"}).is_redirect


def test_a_plan_is_its_owner_s_alone(
    begun: str, sign_in: SignIn, session: Session, manager: TestClient
) -> None:
    other = sign_in(Role.ADMIN)
    assert other.get(f"{begun}/review").status_code == 404
    assert other.post(f"{begun}/discard").status_code == 404
    assert "Not finished yet" not in other.get("/experiments").text
    assert count_rows(session, "unfinished_plans") == 1
    assert manager.get(f"{begun}/launch").status_code == 404


def test_a_plan_is_discarded(manager: TestClient, begun: str, session: Session) -> None:
    gone = manager.post(f"{begun}/discard")
    assert gone.headers["location"] == "/experiments"
    page = manager.get("/experiments").text
    assert "The unfinished plan is discarded." in page
    assert "Not finished yet" not in page
    assert count_rows(session, "unfinished_plans") == 0


def test_one_plan_too_many_is_refused_and_says_so(
    manager: TestClient, monkeypatch: pytest.MonkeyPatch, version: ProcessVersion
) -> None:
    monkeypatch.setattr(unfinished, "MOST", 1)
    manager.post(FIRST, data={"name": "One", "act": "leave"})
    answer = manager.post(FIRST, data={"name": "Two", "act": "leave"})
    assert answer.status_code == 422
    assert "You have 1 unfinished plans: discard one first." in answer.text
    assert 'value="Two"' in answer.text


def test_a_form_without_the_token_changes_nothing(
    begun: str, manager: TestClient, session: Session
) -> None:
    manager.headers.pop("X-CSRF-Token")
    assert manager.post(f"{begun}/discard").status_code == 403
    assert manager.post(FIRST, data={"name": "A", "act": "leave"}).status_code == 403
    assert count_rows(session, "unfinished_plans") == 1
