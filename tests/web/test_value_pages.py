"""Values, times and reps' own figures on the pages, by API and on the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life
from experiments.experiment import Experiment, experiment
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_values import WORTH, market
from tests.experiments.worlds import LATER
from tests.web.conftest import Clock, SignIn

ADDRESS = "/experiments/demo-before-discovery"
FORM = {
    "name": "Demo before discovery",
    "hypothesis": "It closes more.",
    "variants.1.name": "Discovery first",
    "variants.1.process": "discovery-first@1",
    "variants.1.weight": "1",
    "variants.2.name": "Demo first",
    "variants.2.process": "discovery-first@1",
    "variants.2.weight": "1",
    "control": "1",
    "teams": "Berlin",
    "unit": "rep",
    "metric": "value_per_lead",
    "beside": "yes",
    "secondary": ["won", "value_per_win", "days_to_won"],
    "cap": "2500,50",
    "rates": "USD 0,92\nGBP = 1.17",
    "guard.won": "3",
    "horizon_days": "30",
    "level": "0.95",
    "enrol_from": "2026-03-03",
    "enrol_until": "2026-04-30",
}


@pytest.fixture
def measured(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    clock: Clock,
) -> Experiment:
    """A test on value with a clear winner, all of it over."""
    found = market(session, plan, reps, tell, now, WORTH, metric="value_per_lead", cap=800)
    clock.now = LATER
    return found


def test_the_report_tells_what_leads_are_worth(measured: Experiment, sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get(ADDRESS).text

    # Capped at 800: 750/40... the reps' means are 85, 70, 90 and 80 against 10, 20, 20 and 10.
    assert "<b>Demo first</b> wins <b>€66.25 more</b> per lead than Discovery first" in page
    assert "What it is worth" in page
    assert "Without the largest deal" in page
    assert "A win counts as €800 at most." in page
    assert "Mean days to won" in page
    assert "Share of leads won, by days since enrolment" in page
    assert "intracluster correlation" in page
    assert "Each rep by itself" in page


def test_a_viewer_sees_no_rep_by_itself(measured: Experiment, sign_in: SignIn) -> None:
    client = sign_in(Role.VIEWER)

    page, document = client.get(ADDRESS).text, client.get(f"{ADDRESS}/report.json").json()

    assert "What it is worth" in page
    assert "Each rep by itself" not in page
    assert "reps" not in document
    assert len(sign_in(Role.ANALYST).get(f"{ADDRESS}/report.json").json()["reps"]) == 8


def test_before_it_is_measured_nothing_of_it_is_shown(
    measured: Experiment, sign_in: SignIn, clock: Clock, now: datetime
) -> None:
    clock.now = now
    client = sign_in(Role.ADMIN)

    page, document = client.get(ADDRESS).text, client.get(f"{ADDRESS}/report.json").json()

    for said in ("What it is worth", "Mean days to won", "Each rep by itself"):
        assert said not in page
    assert document["value"]["groups"] == []
    assert document["value"]["per_lead"] is None
    assert not {"described", "incidence", "reps", "likeness"} & document.keys()


def test_the_form_plans_a_test_on_value_and_keeps_what_was_typed(
    session: Session, plan: dict[str, Any], sign_in: SignIn, now: datetime
) -> None:
    client = sign_in(Role.MANAGER)

    saved = client.post("/experiments/new", data=FORM)
    page = client.get(f"{ADDRESS}/edit").text

    assert saved.status_code == 303, saved.text
    found = experiment(session, "demo-before-discovery")
    assert (found.metric, found.cap_minor) == ("value_per_lead", 250050)
    assert found.secondary == ["won", "value_per_win", "days_to_won"]
    assert found.rates == {"USD": 0.92, "GBP": 1.17}
    assert [(each.metric, each.margin) for each in found.guardrails] == [("won", 0.03)]
    assert '<option value="value_per_lead" selected>' in page
    assert "2500.5" in page
    assert "GBP 1.17\nUSD 0.92" in page
    assert "value_per_win" in page
    shown = client.get(f"{ADDRESS}/plan").text
    assert "What a lead brings in on average within 30 days" in shown
    assert "counted as €2,500.50 at most" in shown
    assert "One USD counts as 0.9200 EUR." in shown
    note = client.get(f"{ADDRESS}/note").text
    assert "We count what a lead brings in within 30 days." in note
    copied = client.post(f"{ADDRESS}/copy")
    assert copied.status_code == 303
    twin = experiment(session, copied.headers["location"].split("/")[2])
    assert (twin.metric, twin.cap_minor, twin.rates) == (found.metric, 250050, found.rates)
    assert twin.secondary == found.secondary
    life.launch(session, found, seed=7, by=None, now=now)
    valuation = frozen_plan(found).valuation
    assert valuation is not None
    assert (valuation.cap, valuation.rates) == (250050, {"GBP": 1.17, "USD": 0.92})


@pytest.mark.parametrize(
    ("typed", "said", "place"),
    [
        ({"cap": "-1"}, "It must be more than 0.", "f-cap"),
        ({"rates": "USD much"}, "A number is expected.", "f-rates"),
        ({"rates": "EUR 1"}, "needs no rate", "f-rates"),
        ({"metric": "days_to_won"}, "cannot decide", "f-metric"),
        ({"guard.value_per_lead": "5"}, "Guard another", "f-guardrails"),
        ({"secondary": ["profit"]}, "There is no metric profit", "f-secondary"),
    ],
)
def test_what_cannot_be_is_said_where_it_was_typed(
    plan: dict[str, Any], sign_in: SignIn, typed: dict[str, Any], said: str, place: str
) -> None:
    answer = sign_in(Role.MANAGER).post("/experiments/new", data=FORM | typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'href="#{place}"' in answer.text


def test_a_guardrail_on_value_is_typed_in_money(
    session: Session, plan: dict[str, Any], sign_in: SignIn
) -> None:
    typed = FORM | {"metric": "won", "guard.won": "", "guard.value_per_lead": "12,50"}
    client = sign_in(Role.MANAGER)
    assert client.post("/experiments/new", data=typed).status_code == 303
    found = experiment(session, "demo-before-discovery")
    assert [(each.metric, each.margin) for each in found.guardrails] == [("value_per_lead", 1250)]
    assert "12.5" in client.get(f"{ADDRESS}/edit").text
    assert "“Won value per lead” by more than €12.50." in client.get(f"{ADDRESS}/plan").text


def test_a_draft_goes_through_the_api_as_it_was_written(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    written = experiment_draft.checked(
        plan | {"metric": "value_per_lead", "cap": 99.5, "rates": {"usd": 0.9}}
    )
    found = experiment_draft.create(session, written, by=None, now=now)
    again = experiment_draft.checked(
        experiment_draft.draft_of(session, found).model_dump(mode="json")
    )
    assert (again.metric, again.cap, again.rates) == ("value_per_lead", 99.5, {"USD": 0.9})
    assert again.secondary == written.secondary
