"""Teams and reps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.problem import NotFound, Refused, problem
from experiments.store.columns import Entity
from experiments.users import Role, User
from experiments.working_days import countries


class Team(Entity):
    """Reps who sell alike; its segment says which standing process they follow."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    segment: Mapped[str] = mapped_column(String(60), default="")
    manager: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")  # whose holidays they keep
    reps: Mapped[list[Rep]] = relationship(back_populates="team", order_by="Rep.name")


class Rep(Entity):
    """A person who works leads. `external_id` is the CRM's word for them."""

    __tablename__ = "reps"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    team: Mapped[Team | None] = relationship(back_populates="reps")


class RepWord(Entity):
    """A source's word for a rep, such as a CRM's id of a user; said once by a person."""

    __tablename__ = "rep_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(120), unique=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"))
    rep: Mapped[Rep] = relationship()


def add_team(
    session: Session, name: str, *, segment: str = "", manager: str = "", country: str = ""
) -> Team:
    """Add a team. Raises Refused for a name that is empty or taken, or an unknown country."""
    team = Team(name=_free_name(session, name), segment=segment.strip(), manager=manager.strip())
    team.country = _country(country)
    session.add(team)
    session.flush()
    return team


def change_team(
    session: Session, team: Team, *, name: str, segment: str, manager: str, country: str
) -> None:
    """Rename a team, or change what belongs to it. Raises Refused as `add_team`."""
    team.name = _free_name(session, name, of=team)
    team.segment, team.manager = segment.strip(), manager.strip()
    team.country = _country(country)
    session.flush()


def add_rep(
    session: Session, name: str, *, external_id: str = "", team: Team | None, now: datetime
) -> Rep:
    """Add a rep; without an external id the name serves. Raises Refused as `add_team`."""
    name = name.strip()
    external_id = external_id.strip() or name
    if not name:
        raise Refused(problem("name", "Give the rep a name."))
    if session.scalar(select(Rep).where(Rep.external_id == external_id)):
        raise Refused(problem("external_id", "There is a rep {id} already.", id=external_id))
    rep = Rep(external_id=external_id, name=name, team=team, joined_at=now)
    session.add(rep)
    session.flush()
    return rep


def give_account(session: Session, rep: Rep, user: User) -> None:
    """Let a rep sign in as this user. Raises Refused where that is not possible."""
    if user.role is not Role.REP:
        text = "{email} has the role {role}: a rep signs in with the role rep."
        raise Refused(problem("email", text, email=user.email, role=user.role))
    other = rep_of_user(session, user.id)
    if other and other is not rep:
        text = "{email} is the account of {rep} already."
        raise Refused(problem("email", text, email=user.email, rep=other.name))
    rep.user_id = user.id
    session.flush()


def teams(session: Session) -> list[Team]:
    """Every team, by name."""
    return list(session.scalars(select(Team).order_by(Team.name)))


def reps(session: Session) -> list[Rep]:
    """Every rep who has not left, by name."""
    return list(session.scalars(select(Rep).where(Rep.left_at.is_(None)).order_by(Rep.name)))


def team(session: Session, team_id: int) -> Team:
    """The team with that id. Raises NotFound."""
    found = session.get(Team, team_id)
    if found is None:
        raise NotFound("team", team_id)
    return found


def team_named(session: Session, name: str) -> Team:
    """The team of that name. Raises NotFound."""
    team = session.scalar(select(Team).where(Team.name == name))
    if team is None:
        raise NotFound("team", name)
    return team


def reps_by_external_id(session: Session, external_ids: Iterable[str]) -> dict[str, Rep]:
    """The known ones among these external ids."""
    wanted = select(Rep).where(Rep.external_id.in_(set(external_ids)))
    return {rep.external_id: rep for rep in session.scalars(wanted)}


def rep_by_external_id(session: Session, external_id: str) -> Rep:
    """The rep with that external id. Raises Refused."""
    found = session.scalar(select(Rep).where(Rep.external_id == external_id))
    if found is None:
        raise Refused(problem("rep", "There is no rep {rep}.", rep=external_id))
    return found


def rep_of_user(session: Session, user_id: int) -> Rep | None:
    """The rep who signs in as this user, if any."""
    return session.scalar(select(Rep).where(Rep.user_id == user_id))


def _free_name(session: Session, name: str, *, of: Team | None = None) -> str:
    name = name.strip()
    if not name:
        raise Refused(problem("name", "Give the team a name."))
    other = session.scalar(select(Team).where(Team.name == name))
    if other and other is not of:
        raise Refused(problem("name", "There is a team {name} already.", name=name))
    return name


def _country(code: str) -> str:
    code = code.strip().upper()
    if code and code not in countries():
        raise Refused(problem("country", "No holidays are known of {country}.", country=code))
    return code
