"""Who sells and who signs in: teams, reps, accounts, and what each segment follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import audit, people, process, users
from experiments.handover import leavers
from experiments.joining import join_with_team
from experiments.people import Rep, Team
from experiments.problem import NotFound, Refused, problem
from experiments.process_use import standing
from experiments.users import Role, User
from experiments.working_days import countries
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.rows import Row, row_count, rows_of, values_of
from web.security import MANAGERS, STAFF, allow

router = APIRouter()
Reader = Annotated[User, allow(*STAFF)]
Manager = Annotated[User, allow(*MANAGERS)]

ROW = ("name", "process")

TEAM_ADDED = flash("team-added", "good", "The team is there. Now add its reps.")
TEAM_CHANGED = flash("team-changed", "good", "The team is changed.")
REP_ADDED = flash("rep-added", "good", "The rep is added.")
REP_JOINED = flash("rep-joined", "good", "The rep is added, and joins the team’s running test.")
STANDING_SET = flash("standing-set", "good", "The teams follow these processes from now on.")


@router.get("/team")
def index(request: Request, session: DbSession, user: Reader) -> Response:
    """Teams with their reps, the standing processes, and for the admin the accounts."""
    reps = people.reps(session)
    accounts = users.users(session)
    context = {
        "teams": [(each, _members(reps, each)) for each in people.teams(session)],
        "loose": _members(reps, None),
        "leavers": leavers(session),
        "emails": {each.id: each.email for each in accounts},
        "accounts": accounts if user.role is Role.ADMIN else (),
        "standing": standing(session),
        "may_change": user.role in MANAGERS,
        "is_admin": user.role is Role.ADMIN,
    }
    return render(request, "team/index.html", context)


@router.get("/team/teams/new")
def ask_team(request: Request, session: DbSession, _user: Manager) -> Response:
    """The form of a new team."""
    return _team_form(request, session, Form())


@router.post("/team/teams/new")
def add_team(request: Request, form: Posted, session: DbSession, _user: Manager) -> Response:
    """Add a team."""
    try:
        people.add_team(
            session,
            field(form, "name"),
            segment=field(form, "segment"),
            manager=field(form, "manager"),
            country=field(form, "country"),
        )
    except Refused as refusal:
        return _team_form(request, session, Form(typed(form), refusal.problems), status=422)
    return see_other(request, "/team", TEAM_ADDED)


@router.get("/team/teams/{team_id}")
def open_team(request: Request, team_id: int, session: DbSession, _user: Manager) -> Response:
    """The form of a team."""
    found = people.team(session, team_id)
    values = {
        "name": found.name,
        "segment": found.segment,
        "manager": found.manager,
        "country": found.country,
    }
    return _team_form(request, session, Form(values), found)


@router.post("/team/teams/{team_id}")
def change_team(
    request: Request, team_id: int, form: Posted, session: DbSession, _user: Manager
) -> Response:
    """Change a team's name, segment or manager."""
    found = people.team(session, team_id)
    try:
        people.change_team(
            session,
            found,
            name=field(form, "name"),
            segment=field(form, "segment"),
            manager=field(form, "manager"),
            country=field(form, "country"),
        )
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _team_form(request, session, shown, found, status=422)
    return see_other(request, "/team", TEAM_CHANGED)


@router.get("/team/reps/new")
def ask_rep(request: Request, session: DbSession, _user: Manager, team: str = "") -> Response:
    """The form of a new rep, their team chosen already where it is known."""
    return _rep_form(request, session, Form({"team": team}))


@router.post("/team/reps/new")
def add_rep(
    request: Request, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Add a rep, who joins the running test of the team where its plan says so."""
    try:
        rep = people.add_rep(
            session,
            field(form, "name"),
            external_id=field(form, "external_id"),
            team=_team_chosen(session, field(form, "team")),
            now=now,
        )
    except Refused as refusal:
        return _rep_form(request, session, Form(typed(form), refusal.problems), status=422)
    joined = join_with_team(session, rep, by=user, now=now)
    return see_other(request, "/team", REP_JOINED if joined else REP_ADDED)


@router.get("/team/standing")
def ask_standing(request: Request, session: DbSession, _user: Manager) -> Response:
    """Which process each segment follows when no experiment says otherwise."""
    return _standing_form(request, session, Form(values_of("segments", _segments(session))))


@router.post("/team/standing")
def set_standing(
    request: Request, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Set them; a segment left blank stays as it is."""
    present = {row["name"]: row["process"] for row in _segments(session)}
    try:
        for number, row in enumerate(rows_of(form, "segments", ROW), start=1):
            segment, chosen = row["name"], row["process"]
            # A segment that nobody has is not taken up from here.
            if segment in present and chosen not in ("", present[segment]):
                where = f"segments.{number}.process"
                _adopt(session, segment, chosen, where=where, by=user, now=now)
    except Refused as refusal:
        return _standing_form(request, session, Form(typed(form), refusal.problems), status=422)
    return see_other(request, "/team", STANDING_SET)


def _members(reps: Sequence[Rep], team: Team | None) -> list[Rep]:
    wanted = team.id if team else None
    return [rep for rep in reps if rep.team_id == wanted]


def _team_chosen(session: Session, number: str) -> Team | None:
    if not number:
        return None
    try:
        return people.team(session, int(number))
    except (NotFound, ValueError):
        raise Refused(problem("team", "There is no such team.")) from None


def _adopt(
    session: Session, segment: str, reference: str, *, where: str, by: User, now: datetime
) -> None:
    try:
        version = process.version_of(session, reference)
    except NotFound:
        text = "There is no process {process}."
        raise Refused(problem(where, text, process=reference)) from None
    process.adopt(session, segment, version, now=now)
    audit.record(session, "set standing", f"segment {segment}", by=by, now=now, detail=reference)


def _segments(session: Session) -> list[Row]:
    """Every segment that a team or a process is for, and the version that it follows now."""
    found = standing(session)
    of_teams = {team.segment for team in people.teams(session)}
    names = sorted(of_teams | set(process.segments(session)) | set(found))
    return [
        {"name": name, "process": found[name].reference if name in found else ""} for name in names
    ]


def _team_form(
    request: Request,
    session: Session,
    form: Form,
    found: Team | None = None,
    *,
    status: int = 200,
) -> Response:
    names = reader_of(request).locale.territories
    context = {
        "form": form,
        "found": found,
        "segments": process.segments(session),
        "countries": sorted(
            ((code, names.get(code, code)) for code in countries()), key=lambda each: each[1]
        ),
    }
    return render(request, "team/team.html", context, status=status)


def _rep_form(request: Request, session: Session, form: Form, *, status: int = 200) -> Response:
    teams = [(each.id, each.name) for each in people.teams(session)]
    return render(request, "team/rep.html", {"form": form, "teams": teams}, status=status)


def _standing_form(
    request: Request, session: Session, form: Form, *, status: int = 200
) -> Response:
    context = {
        "form": form,
        "rows": row_count(form.values, "segments", ROW[0]),
        "versions": [(each.reference, each.title) for each in process.versions(session)],
    }
    return render(request, "team/standing.html", context, status=status)
