"""The accounts of others, for the admin: adding, changing, inviting, closing."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import audit, people, users
from experiments.access import accounts, second_factor
from experiments.access.sign_in_links import make_link
from experiments.problem import Refused, problem
from experiments.users import Role, User
from web.audit_words import ACTS
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import allow
from web.site import site_of

router = APIRouter()
Admin = Annotated[User, allow(Role.ADMIN)]

ADDED = flash("user-added", "good", "The account is there. Tell them the password in person.")
FACTOR_ENDED = flash("user-factor-ended", "good", "This person signs in with the password alone.")
CHANGED = flash("user-changed", "good", "The account is changed.")
CLOSED = flash("user-closed", "good", "The account is closed: nobody can sign in with it.")
REOPENED = flash("user-reopened", "good", "The account is open again, with its old password.")


@router.get("/team/users/new")
def ask(request: Request, session: DbSession, _user: Admin, rep: str = "") -> Response:
    """The form of a new account, filled in where it is for a rep."""
    known = people.reps_by_external_id(session, [rep]).get(rep)
    values = {"rep": rep, "name": known.name, "role": str(Role.REP)} if known else {}
    return _new_form(request, session, Form(values))


@router.post("/team/users/new")
def add(request: Request, form: Posted, session: DbSession, now: Now, user: Admin) -> Response:
    """Add an account; without a password its person gets a link to choose one."""
    invited = not field(form, "password")
    try:
        # Nobody knows this one: only the link opens the account.
        password = secrets.token_urlsafe(32) if invited else field(form, "password")
        made = _added(session, form, password, now)
    except Refused as refusal:
        return _new_form(request, session, Form(typed(form), refusal.problems), status=422)
    if not invited:
        return see_other(request, "/team", ADDED)
    return _page(request, session, made, link=make_link(session, made, by=user, now=now))


@router.get("/team/users/{user_id}")
def show(request: Request, user_id: int, session: DbSession, _user: Admin) -> Response:
    """One account."""
    return _page(request, session, accounts.account(session, user_id))


@router.post("/team/users/{user_id}")
def change(
    request: Request, user_id: int, form: Posted, session: DbSession, now: Now, user: Admin
) -> Response:
    """Change how a person is called and what they may do."""
    found = accounts.account(session, user_id)
    try:
        role = _role(form)
        accounts.change(session, found, name=field(form, "name"), role=role, by=user, now=now)
    except Refused as refusal:
        return _page(request, session, found, Form(typed(form), refusal.problems), status=422)
    return see_other(request, "/team", CHANGED)


@router.post("/team/users/{user_id}/link")
def link(request: Request, user_id: int, session: DbSession, now: Now, user: Admin) -> Response:
    """Make a link to set a password, and show it on the answer itself."""
    found = accounts.account(session, user_id)
    return _page(request, session, found, link=make_link(session, found, by=user, now=now))


@router.post("/team/users/{user_id}/second-factor/end")
def end_second_factor(
    request: Request, user_id: int, session: DbSession, now: Now, user: Admin
) -> Response:
    """Help somebody whose phone is lost."""
    second_factor.drop(session, accounts.account(session, user_id), by=user, now=now)
    return see_other(request, f"/team/users/{user_id}", FACTOR_ENDED)


@router.post("/team/users/{user_id}/close")
def close(request: Request, user_id: int, session: DbSession, now: Now, user: Admin) -> Response:
    """Let a person sign in no more."""
    found = accounts.account(session, user_id)
    try:
        accounts.close(session, found, by=user, now=now)
    except Refused as refusal:
        return _page(request, session, found, Form(_values(found), refusal.problems), status=422)
    return see_other(request, "/team", CLOSED)


@router.post("/team/users/{user_id}/reopen")
def reopen(request: Request, user_id: int, session: DbSession, now: Now, user: Admin) -> Response:
    """Let a person sign in again."""
    accounts.reopen(session, accounts.account(session, user_id), by=user, now=now)
    return see_other(request, "/team", REOPENED)


def _added(session: Session, form: FormData, password: str, now: datetime) -> User:
    role, chosen = _role(form), field(form, "rep")
    rep = people.reps_by_external_id(session, [chosen]).get(chosen)
    if role is Role.REP and rep is None:
        raise Refused(problem("rep", "Say which rep this is."))
    made = users.add_user(
        session,
        email=field(form, "email"),
        name=field(form, "name"),
        role=role,
        password=password,
        now=now,
    )
    if rep and role is Role.REP:
        people.give_account(session, rep, made)
    return made


def _role(form: FormData) -> Role:
    word = field(form, "role")
    if word not in list(Role):
        raise Refused(problem("role", "Choose what this person does here."))
    return Role(word)


def _values(found: User) -> dict[str, str]:
    return {"name": found.name, "role": str(found.role)}


def _new_form(request: Request, session: Session, form: Form, *, status: int = 200) -> Response:
    without = [each for each in people.reps(session) if each.user_id is None]
    reps = [(each.external_id, each.name) for each in without]
    return render(request, "team/user.html", {"form": form, "reps": reps}, status=status)


def _page(
    request: Request,
    session: Session,
    found: User,
    form: Form | None = None,
    *,
    link: str = "",
    status: int = 200,
) -> Response:
    address = site_of(request).settings.public_url or str(request.base_url)
    context = {
        "form": form or Form(_values(found)),
        "found": found,
        "link": f"{address.rstrip('/')}/welcome/{link}" if link else "",
        "has_second_factor": second_factor.is_asked_of(session, found),
        "words": ACTS,
        "acts": audit.entries(session, f"account {found.email}"),
    }
    return render(request, "team/account.html", context, status=status)
