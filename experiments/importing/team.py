"""People and their teams from a file: who sells, in which team, under which manager."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.crm.header import ColumnMap, map_columns
from experiments.crm.preset import Preset
from experiments.joining import join_with_team
from experiments.people import Rep, Team, add_team, rep_of_user
from experiments.problem import NotFound, Problem, problem
from experiments.rep_finder import RepFinder
from experiments.tables.refused import RefusedRow
from experiments.tables.table_file import Line, TableFile
from experiments.users import user_by_email

LONGEST = {"team": 120, "name": 120, "external_id": 120, "segment": 60}
LONGEST_MANAGER = 120


class Column(StrEnum):
    """What a column of people can hold."""

    NAME = "name"
    EXTERNAL_ID = "external_id"
    TEAM = "team"
    SEGMENT = "segment"
    MANAGER = "manager"
    EMAIL = "email"


PEOPLE = Preset(
    key="team",
    title="people and teams",
    columns={
        Column.NAME: ("name", "rep", "sales agent", "sales rep", "salesperson", "full name"),
        Column.EXTERNAL_ID: ("external id", "rep id", "owner id", "user id", "id"),
        Column.TEAM: ("team", "team name", "regional office", "office", "region"),
        Column.SEGMENT: ("segment",),
        Column.MANAGER: ("manager", "team manager", "manager name"),
        Column.EMAIL: ("email", "e-mail", "email address"),
    },
    needs=((Column.NAME,),),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A row of a file of people; what it does not say is empty."""

    line: int
    name: str
    external_id: str
    team: str
    segment: str
    manager: str
    email: str

    @property
    def key(self) -> str:
        """What tells this person from the others of the file."""
        return self.external_id or self.name.casefold()


@dataclass(frozen=True, slots=True)
class People:
    """A file of people, read as a whole: a company has hundreds of reps, not millions."""

    persons: tuple[Person, ...]
    refused: tuple[RefusedRow, ...]


@dataclass(slots=True)
class TeamImport:
    """What became of a file of people; names of reps and teams.

    `joined` are those who joined the running test of their team.
    """

    added: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    unchanged: int = 0
    teams_added: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    without_account: list[str] = field(default_factory=list)
    refused: tuple[RefusedRow, ...] = ()


def read_people(table: TableFile, told: Mapping[str, str] | None = None) -> People:
    """Read a file of people.

    Args:
        told: Field → header, where a person knows better.
    Raises:
        Refused: where no column holds names.
    """
    columns = map_columns(table, [PEOPLE], told)
    persons: dict[str, Person] = {}
    refused: list[RefusedRow] = []
    for line in table.lines():
        person = _person(columns, line)
        found = line.problem or _problem(person, persons)
        if found:
            refused.append(RefusedRow(table.name, line.number, found))
        else:
            persons[person.key] = person
    return People(tuple(persons.values()), tuple(refused))


def store_people(
    session: Session,
    people: People,
    *,
    now: datetime,
    only: Callable[[Person], bool] = lambda _: True,
) -> TeamImport:
    """Add the reps and teams that are new, and bring the others to what the file says.

    Args:
        only: Who is wanted; the others are listed as left out.
    """
    wanted = [each for each in people.persons if only(each)]
    result = TeamImport(refused=people.refused)
    result.left_out = [each.name for each in people.persons if each not in wanted]
    teams = _store_teams(session, wanted, result)
    finder = RepFinder(session)
    for person in wanted:
        rep = _store_rep(person, finder, teams.get(person.team), result, now)
        _link_account(session, rep, person.email, result)
    session.flush()
    return result


def _person(columns: ColumnMap, line: Line) -> Person:
    said = {each: columns.cell(line.cells, each) for each in Column} if not line.problem else {}
    return Person(
        line=line.number,
        name=said.get(Column.NAME, ""),
        external_id=said.get(Column.EXTERNAL_ID, ""),
        team=said.get(Column.TEAM, ""),
        segment=said.get(Column.SEGMENT, ""),
        manager=said.get(Column.MANAGER, ""),
        email=said.get(Column.EMAIL, ""),
    )


def _problem(person: Person, seen: Mapping[str, Person]) -> Problem | None:
    if not person.name:
        return problem("name", "The row names nobody.")
    for column, most in LONGEST.items():
        if len(getattr(person, column)) > most:
            return problem(
                column, "{column} holds at most {most} characters.", column=column, most=most
            )
    twin = seen.get(person.key)
    if twin:
        return problem("name", "{name} is on line {line} too.", name=person.name, line=twin.line)
    return None


def _store_teams(
    session: Session, persons: Sequence[Person], result: TeamImport
) -> dict[str, Team]:
    teams: dict[str, Team] = {}
    for name in dict.fromkeys(each.team for each in persons if each.team):
        team = session.scalar(select(Team).where(Team.name == name))
        if team is None:
            team = add_team(session, name)
            result.teams_added.append(name)
        mine = [each for each in persons if each.team == name]
        team.manager = _together(each.manager for each in mine) or team.manager
        team.segment = next((each.segment for each in mine if each.segment), team.segment)
        teams[name] = team
    return teams


def _together(managers: Iterable[str]) -> str:
    """A team with two managers names both, as far as there is room."""
    joined = ", ".join(dict.fromkeys(each for each in managers if each))
    return joined if len(joined) <= LONGEST_MANAGER else joined[: LONGEST_MANAGER - 1] + "…"


def _store_rep(
    person: Person, finder: RepFinder, team: Team | None, result: TeamImport, now: datetime
) -> Rep:
    rep = finder.find(person.external_id or person.name)
    if rep is None:
        result.added.append(person.name)
        rep = finder.add(person.name, external_id=person.external_id, team=team, now=now)
        if join_with_team(finder.session, rep, by=None, now=now):
            result.joined.append(rep.name)
        return rep
    if team is None or rep.team is team:
        result.unchanged += 1
    else:
        rep.team = team
        result.moved.append(rep.name)
    return rep


def _link_account(session: Session, rep: Rep, email: str, result: TeamImport) -> None:
    if not email or rep.user_id:
        return
    try:
        user = user_by_email(session, email)
    except NotFound:
        result.without_account.append(email)
        return
    if rep_of_user(session, user.id) is None:
        rep.user_id = user.id
