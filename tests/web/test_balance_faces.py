"""The balance of a split on the plan's page, by API and on the terminal."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import life, people
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import frozen_plan, hash_of
from experiments.planning import planned
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_split_designs import drafted, launched, sold
from tests.web.conftest import SignIn
from web.balance_shown import as_dict, balance_shown, text_of

ONE = "/experiments/demo-before-discovery"
API = f"/api/v1{ONE}"


@pytest.fixture
def past(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    """All but the last rep have sold, one of them for money."""
    sold(session, reps[:7], tell, now)
    worth = {"amount": 1200, "currency": "EUR"}
    told = tell("old-Rep 7-0", day=-110, type="value_changed", value=worth)
    assert ingest_events(session, [told], now=now).rejected == []


@pytest.fixture
def split(session: Session, past: None, plan: dict[str, Any], now: datetime) -> Experiment:
    """The plan, launched."""
    return launched(session, plan, now)


@pytest.fixture
def balanced(
    session: Session, past: None, reps: list[Rep], tell: Tell, plan: dict[str, Any], now: datetime
) -> Experiment:
    """A draft whose splits are balanced, of reps who all have a past."""
    more = [people.add_rep(session, f"Sep {n}", team=None, now=now) for n in range(7)]
    sold(session, more, tell, now)
    names = [rep.external_id for rep in [*reps[:7], *more]]
    return drafted(session, plan, now, design="rerandomised", teams=[], reps=names)


def test_the_plan_s_page_shows_the_table_and_the_code(split: Experiment, sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get(f"{ONE}/plan").text
    assert "How alike the variants were before" in page
    assert "Counted over the 13 weeks until" in page
    for words in ("Share of leads that reached", "Leads a week", "Average won deal", "€1,200"):
        assert words in page
    assert "1 not known" in page
    assert "first draw" not in page
    assert frozen_plan(split).code_version in page


def test_a_balanced_split_shows_its_first_draw_too(
    session: Session, balanced: Experiment, sign_in: SignIn, now: datetime
) -> None:
    life.launch(session, balanced, seed=1, by=None, now=now)
    tried = frozen_plan(balanced).split.tried
    page = sign_in(Role.MANAGER).get(f"{ONE}/plan").text
    assert "first draw" in page
    assert tried == 2
    assert "2 splits were drawn until one" in page
    assert "Largest imbalance accepted" in page
    lines = "\n".join(text_of(frozen_plan(balanced)))
    assert "share of leads, first draw" in lines


def test_a_draft_s_split_can_be_looked_at_and_nothing_is_stored(
    session: Session, balanced: Experiment, now: datetime
) -> None:
    proposed = balance_shown(planned(session, balanced, seed=1, now=now))
    again = balance_shown(planned(session, balanced, seed=2, now=now))
    assert proposed is not None
    assert again is not None
    assert proposed.lines != again.lines
    assert (proposed.weeks, list(proposed.variants)) == (13, ["Discovery first", "Demo first"])
    assert (balanced.plan, balanced.launched_at) == (None, None)


def test_the_api_tells_means_with_units_and_what_is_missing(
    split: Experiment, program: SignIn
) -> None:
    told = program(Role.VIEWER).get(API).json()
    assert told["code_version"] == frozen_plan(split).code_version
    assert (told["balance"]["weeks"], told["balance"]["first_draw"]) == (13, None)
    rows = {row["covariate"]: row for row in told["balance"]["taken"]}
    assert {name: row["unit"] for name, row in rows.items()} == {
        "share": "share of leads",
        "leads": "leads a week",
        "deal_size": "EUR",
        "tenure": "weeks in the company",
    }
    assert rows["share"]["variants"][0]["variant"] == "discovery-first"
    assert sum(each["missing"] for each in rows["share"]["variants"]) == 1
    assert {each["mean"] for each in rows["deal_size"]["variants"]} == {1200, None}


def test_the_frozen_plan_is_whole_and_for_those_who_may_see_reps(
    split: Experiment, program: SignIn
) -> None:
    told = program(Role.ANALYST).get(f"{API}/plan").json()
    text = json.dumps(told["plan"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hash_of(text) == told["plan_hash"] == split.plan_hash
    assert told["plan"]["baseline"]["values"]["Rep 8"]["share"] is None
    assert program(Role.VIEWER).get(f"{API}/plan").status_code == 403


def test_a_draft_has_no_frozen_plan(balanced: Experiment, program: SignIn) -> None:
    answer = program(Role.MANAGER).get(f"{API}/plan")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "status"
    assert program(Role.MANAGER).get(API).json()["balance"] is None


def test_plans_of_old_versions_and_of_split_leads_have_no_table(
    session: Session, plan: dict[str, Any], reps: list[Rep], sign_in: SignIn, now: datetime
) -> None:
    frozen = frozen_plan(launched(session, plan, now, unit="lead"))
    assert (balance_shown(frozen), as_dict(frozen), list(text_of(frozen))) == (None, None, [])
    assert "How alike" not in sign_in(Role.MANAGER).get(f"{ONE}/plan").text


def test_a_draft_says_which_teams_do_not_split_evenly(
    session: Session, plan: dict[str, Any], reps: list[Rep], sign_in: SignIn, now: datetime
) -> None:
    drafted(session, plan, now, design="by_team", teams=[], reps=[r.external_id for r in reps[:7]])
    assert "Not to be split evenly: Berlin." in sign_in(Role.MANAGER).get(f"{ONE}/plan").text
