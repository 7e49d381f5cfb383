"""Could our team find it? The page, its answer while one types, and the trial on the past."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from experiments.feasibility.advisor import Way
from experiments.feasibility.at_once import USUAL, Question, reckon
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.problem import Refused, problem
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.web.conftest import Clock, SignIn
from web.background import MOST_AT_ONCE, MOST_KEPT, Runs

FIGURES = {name: str(value) for name, value in USUAL.model_dump(mode="json").items()}


@pytest.fixture
def history(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, clock: Clock
) -> None:
    """Twenty weeks of leads of the team, a third of them won."""
    rng = np.random.default_rng(1)
    events = []
    for number in range(400):
        day, owner = float(rng.uniform(0, 140)), reps[number % len(reps)].external_id
        events.append(tell(f"L{number}", day=day, type="created", owner_id=owner))
        if rng.random() < 0.33:
            events.append(tell(f"L{number}", "Won", day=day + 5))
    clock.now += timedelta(days=201)
    assert ingest_events(session, events, now=clock.now).rejected == []


def test_without_a_past_the_usual_figures_are_there(sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get("/feasibility")
    assert page.status_code == 200
    assert "Filled in from" not in page.text
    assert "After 13 weeks of new leads a difference of +5.0 points is found" in page.text
    assert page.text.count("<polyline") == 1


def test_the_past_fills_the_form(sign_in: SignIn, history: None, reps: list[Rep]) -> None:
    page = sign_in(Role.ANALYST).get("/feasibility").text
    assert "Filled in from the latest" in page
    assert re.search(rf'name="reps"[^>]*value="{len(reps)}"', page)
    (rate,) = re.findall(r'name="rate" type="number" value="([0-9.]+)"', page)
    assert 25 < float(rate) < 42


def test_the_past_of_one_team_and_another_milestone_fills_it_too(
    sign_in: SignIn, history: None, reps: list[Rep]
) -> None:
    browser = sign_in(Role.MANAGER)
    page = browser.get(
        "/feasibility", params={"fill": "1", "team": "Berlin", "horizon_days": "30"}
    )
    assert page.status_code == 200
    berlin = sum(rep.team is not None and rep.team.name == "Berlin" for rep in reps)
    assert re.search(rf'name="reps"[^>]*value="{berlin}"', page.text)
    assert re.search(r'name="horizon_days"[^>]*value="30"', page.text)
    assert '<option value="Berlin" selected>' in page.text
    # Nobody of them reached a demo.
    demo = browser.get("/feasibility", params={"fill": "1", "milestone": "demo"})
    assert demo.status_code == 422
    assert "All leads of the past ended alike" in demo.text
    assert browser.get("/feasibility?fill=1&team=Lyon").status_code == 422


def test_the_answer_alone_is_a_part_of_the_page(sign_in: SignIn) -> None:
    browser = sign_in(Role.MANAGER)
    part = browser.get("/feasibility/answer", params=FIGURES | {"effect": "12", "reps": "40"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "a difference of +12.0 points is found" in part.text
    whole = browser.get("/feasibility", params=FIGURES | {"effect": "12", "reps": "40"})
    assert part.text.strip() in whole.text


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"effect": ""}, "A number is expected."),
        ({"effect": "90"}, "From 20% a difference of 90 points leads nowhere"),
        ({"effect": "0"}, "leads nowhere a rate can be"),
        ({"reps": "3"}, "It must be 4 or more."),
        ({"way": "guess"}, "Choose one of these"),
    ],
)
def test_figures_that_cannot_be_are_said_at_their_field(
    sign_in: SignIn, figures: dict[str, str], says: str
) -> None:
    # To somebody who is still typing it is an answer like another.
    for address, status in (("/feasibility", 422), ("/feasibility/answer", 200)):
        page = sign_in(Role.MANAGER).get(address, params=FIGURES | figures)
        assert page.status_code == status
        assert says in page.text
        assert f"f-{next(iter(figures))}" in page.text


def test_few_reps_are_told_what_they_cannot_do(sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get(
        "/feasibility", params=FIGURES | {"reps": "6", "way": "paired"}
    )
    assert "nothing could be significant" in page.text
    assert "Nothing to draw yet." in page.text


def test_the_past_is_tried_beside_the_requests(sign_in: SignIn, history: None) -> None:
    browser = sign_in(Role.MANAGER)
    begun = browser.post("/feasibility/runs", data=FIGURES | {"effect": "20"})
    assert begun.status_code == 303
    page = _finished(browser, begun.headers["location"])
    assert "Every way side by side" in page
    assert re.search(r"Of 1,000 random splits of an unchanged past [0-9.]+%", page)
    assert "1,000 simulated tests of each length" in page
    # Somebody else's reckoning is nobody's business.
    assert sign_in(Role.ADMIN).get(begun.headers["location"]).status_code == 404


def _finished(browser: TestClient, address: str) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        answer = browser.get(address)
        assert answer.status_code == 200
        if "Refresh" not in answer.headers:
            return answer.text
        assert "steps are done" in answer.text
        time.sleep(0.2)
    raise AssertionError("it did not end")


def test_without_a_past_there_is_nothing_to_try(sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).post("/feasibility/runs", data=FIGURES)
    assert page.status_code == 422
    assert "there is nothing to tell from" in page.text
    assert sign_in(Role.MANAGER).post("/feasibility/runs", data={}).status_code == 422


def _ended(runs: Runs, token: str) -> tuple[object, list[str]]:
    while True:
        run = runs.of(token, owner=1)
        assert run is not None
        if run.finished:
            return run.result, [each.text for each in run.problems]
        time.sleep(0.01)


def test_what_goes_wrong_beside_the_requests_is_said() -> None:
    runs = Runs()

    def refuse(told: object) -> object:
        raise Refused(problem("reps", "Too few."))

    def fail(told: object) -> object:
        raise ZeroDivisionError

    assert _ended(runs, runs.begin(refuse, owner=1)) == (None, ["Too few."])
    assert _ended(runs, runs.begin(fail, owner=1)) == (
        None,
        ["This went wrong on our side. Try again."],
    )
    assert _ended(runs, runs.begin(lambda told: 7, owner=1)) == (7, [])


def test_no_more_than_a_few_are_under_way_and_old_ones_are_forgotten() -> None:
    runs = Runs()
    first = runs.begin(lambda told: 0, owner=1)
    _ended(runs, first)
    for _ in range(MOST_KEPT):
        _ended(runs, runs.begin(lambda told: 0, owner=1))
    assert runs.of(first, owner=1) is None
    ready: list[bool] = []

    def wait(told: object) -> object:
        while not ready:
            time.sleep(0.01)
        return 1

    begun = [runs.begin(wait, owner=1) for _ in range(MOST_AT_ONCE)]
    with pytest.raises(Refused, match="still under way"):
        runs.begin(wait, owner=1)
    ready.append(True)
    assert [_ended(runs, each)[0] for each in begun] == [1] * MOST_AT_ONCE


def test_every_way_is_reckoned() -> None:
    found = reckon(USUAL.model_copy(update={"reps": 40, "effect": -6.0}))
    assert all(each.detectable is not None and each.detectable < 0 for each in found.ways)
    shares = [share for _, share in found.curve]
    assert shares == sorted(shares)
    none_known = Question(**{**USUAL.model_dump(), "icc": 0, "effect": 10})
    assert reckon(none_known).chosen.weeks is not None


def test_programs_read_the_same(program: Callable[..., TestClient], history: None) -> None:
    analyst = program(Role.ANALYST)
    found = analyst.get("/api/v1/feasibility", params=FIGURES | {"way": "leads"}).json()
    assert found["question"]["way"] == "leads"
    assert [each["way"] for each in found["ways"]] == list(Way)
    advice = analyst.get("/api/v1/advice", params={"effect": 0.2, "runs": 50}).json()
    assert len(advice["ways"]) == len(Way)
    assert advice["history"]["weeks"] > 10
    bad = analyst.get("/api/v1/advice", params={"effect": 0.9, "runs": 50})
    assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, "effect")
    assert analyst.get("/api/v1/feasibility", params={"reps": 1}).status_code == 422
