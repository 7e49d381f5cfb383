"""The page of the audit log: who sees what of it, and that it only shows."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import experiments
import web
from experiments import audit
from experiments.access.audit_log import PAGE_SIZE
from experiments.experiment import Experiment
from experiments.users import Role
from tests.web.conftest import SignIn
from web.audit_words import ACTS

LOG = "/settings/audit"


@pytest.fixture
def log(session: Session, running: Experiment, now: datetime) -> None:
    """A launched test, a lead and an account that something was done to."""
    audit.record(session, "stage_entered", "lead:L/1", by=None, now=now, detail="s-1")
    audit.record(session, "change role", "account noor@kestrel.example", by=None, now=now)
    audit.record(session, "imported", "source <b>crm</b>", by=None, now=now)


@pytest.mark.usefixtures("log")
def test_an_admin_reads_everything_and_a_manager_no_accounts(sign_in: SignIn) -> None:
    page = sign_in(Role.ADMIN).get(LOG).text
    for text in ("Launched", "Role changed", "noor@kestrel.example", "Moved to a stage"):
        assert text in page
    assert 'href="/experiments/demo-before-discovery/plan"' in page
    assert 'href="/leads/L%2F1"' in page
    assert "&lt;b&gt;crm" in page
    managers = sign_in(Role.MANAGER).get(LOG).text
    assert "Launched" in managers
    assert "noor@kestrel.example" not in managers
    assert '<option value="account">' not in managers


def test_details_are_told_in_words(
    session: Session, sign_in: SignIn, running: Experiment, now: datetime
) -> None:
    audit.record(session, "decided", running.key, by=None, now=now, detail="run_again")
    audit.record(session, "stopped", running.key, by=None, now=now, detail="100% is <enough>")
    page = sign_in(Role.MANAGER).get(LOG).text
    assert "To be run again" in page
    assert "run_again" not in page
    assert "100% is &lt;enough&gt;" in page
    assert running.plan_hash
    assert f">{running.plan_hash[:12]}<" in page


@pytest.mark.usefixtures("log")
def test_the_filters_stand_in_the_address_and_on_the_page(sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    found = manager.get(f"{LOG}?experiment=demo-before-discovery&person=0").text
    assert '<option value="demo-before-discovery" selected>' in found
    assert '<option value="0" selected>command line' in found
    assert "Planned" in found
    assert "Moved to a stage" not in found
    nothing = manager.get(f"{LOG}?kind=connection").text
    assert "Nothing found" in nothing
    assert f'href="{LOG}"' in nothing


def test_before_anything_was_done_it_says_so(sign_in: SignIn) -> None:
    assert "Nothing was done yet" in sign_in(Role.ADMIN).get(LOG).text


@pytest.mark.parametrize(
    "query",
    ["kind=nothing", "person=x", "person=99999999999999999999", "experiment=%00", "person=²"],
)
@pytest.mark.usefixtures("log")
def test_odd_questions_are_answered(sign_in: SignIn, query: str) -> None:
    assert sign_in(Role.MANAGER).get(f"{LOG}?{query}&page=-1").status_code == 200


def test_the_pages_follow_each_other_with_what_was_asked(
    session: Session, sign_in: SignIn, now: datetime
) -> None:
    for _ in range(PAGE_SIZE + 1):
        audit.record(session, "imported", "source crm", by=None, now=now)
    manager = sign_in(Role.MANAGER)
    assert f'href="{LOG}?kind=source&amp;page=2"' in manager.get(f"{LOG}?kind=source").text
    assert f'href="{LOG}?kind=source&amp;page=1"' in manager.get(f"{LOG}?kind=source&page=2").text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_there_alters_the_log(sign_in: SignIn, method: str) -> None:
    assert getattr(sign_in(Role.ADMIN), method)(LOG).status_code == 405


def test_a_plan_leads_to_its_part_of_the_log(sign_in: SignIn, running: Experiment) -> None:
    link = f'href="{LOG}?experiment={running.key}"'
    assert link in sign_in(Role.MANAGER).get(f"/experiments/{running.key}/plan").text
    assert link not in sign_in(Role.ANALYST).get(f"/experiments/{running.key}/plan").text
    assert f'href="{LOG}"' in sign_in(Role.ADMIN).get("/settings").text


def test_every_act_that_the_code_writes_down_has_its_words() -> None:
    written = set()
    for package in (experiments, web):
        for file in Path(package.__path__[0]).rglob("*.py"):
            written |= set(re.findall(r'audit\.record\(\s*session,\s*"([^"]+)"', file.read_text()))
    assert len(written) > 20
    assert written - ACTS.keys() == set()
