"""People, teams and processes from files."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from experiments import people, users
from experiments.company import Company
from experiments.importing.process_file import Stored, read_process, store_process
from experiments.importing.team import TeamImport, read_people, store_people
from experiments.people import reps_by_external_id, team_named
from experiments.problem import Refused
from experiments.process import process
from experiments.users import Role
from tests.experiments.importing.conftest import HEAD, Bring, table

TEAMS = """sales_agent,manager,regional_office
Anna Snelling,Dustin,Central
Moses Frase,Melvin,Central
Vicki Laflamme,Celia,West
"""

PROCESS = """name: Trial
stages:
  - {name: New, milestone: lead}
  - {name: Won, kind: won}
  - {name: Lost, kind: lost}
"""


def store(session: Session, text: str, now: datetime) -> TeamImport:
    return store_people(session, read_people(table(text, "teams.csv")), now=now)


def test_people_and_their_teams_are_added_once(
    session: Session, company: Company, now: datetime
) -> None:
    first = store(session, TEAMS, now)
    second = store(session, TEAMS, now)

    assert first.added == ["Anna Snelling", "Moses Frase", "Vicki Laflamme"]
    assert first.teams_added == ["Central", "West"]
    central = team_named(session, "Central")
    # A regional office with two managers names both.
    assert central.manager == "Dustin, Melvin"
    assert [rep.name for rep in central.reps] == ["Anna Snelling", "Moses Frase"]
    assert (second.added, second.teams_added, second.unchanged) == ([], [], 3)


def test_a_person_moves_to_the_team_that_the_file_says(
    session: Session, company: Company, now: datetime
) -> None:
    store(session, TEAMS, now)

    moved = store(session, "name,team,segment\nanna snelling,West,outbound\n", now)

    assert (moved.moved, moved.added) == (["Anna Snelling"], [])
    assert len(team_named(session, "West").reps) == 2
    assert team_named(session, "West").segment == "outbound"


def test_external_ids_and_accounts_are_taken_over(
    session: Session, company: Company, now: datetime
) -> None:
    user = users.add_user(
        session, email="anna@kestrel.example", name="Anna", role=Role.REP,
        password="a long secret", now=now,
    )  # fmt: skip
    text = (
        "Name,External ID,E-mail\nAnna,R-1,Anna@kestrel.example\nOmar,R-2,omar@kestrel.example\n"
    )

    found = store(session, text, now)

    stored = reps_by_external_id(session, ["R-1", "R-2"])
    assert stored["R-1"].user_id == user.id
    assert stored["R-2"].user_id is None
    assert found.without_account == ["omar@kestrel.example"]


def test_rows_of_people_that_cannot_be_used_are_named(
    session: Session, company: Company, now: datetime
) -> None:
    text = f"name,team,email\nAnna,A,\n,B,\nanna,C,\n{'x' * 121},D,\nOmar\n"

    found = store(session, text, now)

    assert found.added == ["Anna"]
    assert {row.line: row.problem.text for row in found.refused} == {
        3: "The row names nobody.",
        4: "anna is on line 2 too.",
        5: "name holds at most 120 characters.",
        6: "The row has 1 cells, the header 3.",
    }
    with pytest.raises(Refused, match="No column was found for name"):
        read_people(table("sector,revenue\nx,1\n"))


def test_of_a_teams_file_only_those_with_deals_are_added(
    session: Session, bring: Bring, now: datetime
) -> None:
    store_process(session, read_process(PROCESS.encode()), now=now)
    deals = HEAD + "D1,Moses Frase,New,2026-01-05,,\nD2,Someone Else,New,2026-01-05,,\n"

    imported = bring(deals, people=table(TEAMS, "teams.csv"))

    assert imported.people is not None
    assert imported.people.added == ["Moses Frase"]
    assert imported.people.left_out == ["Anna Snelling", "Vicki Laflamme"]
    assert imported.reps_added == ("Someone Else",)
    assert [rep.name for rep in people.reps(session)] == ["Moses Frase", "Someone Else"]


def test_a_process_file_is_new_then_known_then_another_version(
    session: Session, company: Company, now: datetime
) -> None:
    read = read_process(("\ufeff" + PROCESS).encode())
    assert store_process(session, read, now=now)[1] is Stored.CREATED
    assert store_process(session, read, now=now)[1] is Stored.UNCHANGED

    longer = PROCESS.replace("stages:", "stages:\n  - {name: Fresh, milestone: lead}")
    version, stored = store_process(session, read_process(longer.encode()), now=now)

    assert (stored, version.number) == (Stored.REVISED, 2)
    assert len(process(session, "trial").versions) == 2


def test_a_process_file_is_refused_whole_naming_line_or_field() -> None:
    with pytest.raises(Refused, match="line 2: A process file is written in UTF-8"):
        read_process("name: Trial\nsegment: Büro\n".encode("cp1252"))
    with pytest.raises(Refused, match="line 3: This is not YAML"):
        read_process(b"name: Trial\nstages: [\n")
    with pytest.raises(Refused, match=r"stages\.1\.milestone"):
        read_process(PROCESS.replace("milestone: lead", "milestone: hope").encode())
