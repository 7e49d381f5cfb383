"""The company, its teams and reps."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from experiments import company as companies
from experiments import people
from experiments.company import Company
from experiments.problem import NotFound, Refused


def test_there_is_no_company_before_the_first_run(session: Session) -> None:
    with pytest.raises(NotFound):
        companies.the_company(session)


def test_a_company_can_change_its_settings(session: Session, company: Company) -> None:
    companies.change(company, name="Kestrel AG", time_zone="Asia/Tehran", currency="irr")

    assert (company.name, company.zone.key, company.currency) == (
        "Kestrel AG", "Asia/Tehran", "IRR",
    )  # fmt: skip


def test_wrong_settings_are_refused_at_their_fields(session: Session, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        companies.found(session, name=" ", time_zone="Mars/Base", currency="XXZ", now=now)

    fields = [each.where for each in refusal.value.problems]
    assert fields == ["company", "time_zone", "currency"]
    assert "Mars/Base" in str(refusal.value)


def test_teams_and_reps_are_listed_by_name(session: Session, now: datetime) -> None:
    team = people.add_team(session, "Lyon", segment="inbound", manager="Mina")
    people.add_rep(session, "Zoe", team=team, now=now)
    adam = people.add_rep(session, "Adam", external_id="007", team=None, now=now)

    assert [rep.name for rep in people.reps(session)] == ["Adam", "Zoe"]
    assert people.teams(session) == [team]
    assert people.team_named(session, "Lyon") is team
    assert people.reps_by_external_id(session, ["007", "008"]) == {"007": adam}
    adam.left_at = now
    session.flush()
    assert [rep.name for rep in people.reps(session)] == ["Zoe"]


def test_a_name_that_is_missing_or_taken_is_refused(session: Session, now: datetime) -> None:
    people.add_team(session, "Lyon")
    people.add_rep(session, "Zoe", team=None, now=now)

    for name, word in (("Lyon", "already"), (" ", "Give the team a name")):
        with pytest.raises(Refused, match=word):
            people.add_team(session, name)
    for name, word in (("Zoe", "already"), ("", "Give the rep a name")):
        with pytest.raises(Refused, match=word):
            people.add_rep(session, name, team=None, now=now)
    with pytest.raises(NotFound):
        people.team_named(session, "Paris")


def test_a_company_to_begin_with_is_made_once_and_can_be_set_up_later(
    session: Session, now: datetime
) -> None:
    begun = companies.found_by_default(session, now=now)
    assert begun is not None
    assert companies.found_by_default(session, now=now) is None

    set_up = companies.found(session, name="Kestrel", time_zone="UTC", currency="EUR", now=now)

    assert set_up is begun
    assert (begun.name, begun.currency) == ("Kestrel", "EUR")
