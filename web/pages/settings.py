"""Settings of the company, and the tokens of programs."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import company, users
from experiments.access import api_tokens
from experiments.problem import NotFound, Refused, problem
from experiments.users import Role, Scope, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.security import allow
from web.texts import N_

router = APIRouter()
Admin = Annotated[User, allow(Role.ADMIN)]

SAVED = flash("settings-saved", "good", "The settings are saved.")
REVOKED = flash("token-revoked", "good", "The token is revoked: it opens nothing any more.")
SCOPES = {
    Scope.ALL: N_("All that this account may do"),
    Scope.READ: N_("Reading only"),
    Scope.TELL: N_("Telling leads and events, asking for variants"),
}
FIELDS = ("company", "time_zone", "currency")


@router.get("/settings")
def show(request: Request, session: DbSession, user: Admin) -> Response:
    """The company and the tokens."""
    return _page(request, session, user)


@router.post("/settings")
def change(request: Request, form: Posted, session: DbSession, user: Admin) -> Response:
    """Change the company's name, zone or currency."""
    name, time_zone, currency = (field(form, each) for each in FIELDS)
    try:
        found = company.the_company(session)
        company.change(found, name=name, time_zone=time_zone, currency=currency)
        found.second_approval = field(form, "second_approval") == "yes"
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _page(request, session, user, form=shown, status=422)
    return see_other(request, "/settings", SAVED)


@router.post("/settings/tokens")
def create_token(
    request: Request, form: Posted, session: DbSession, now: Now, user: Admin
) -> Response:
    """Make a token, and show it on the answer itself: it cannot be read a second time."""
    try:
        owner = _owner(session, field(form, "email"))
        name = field(form, "name").strip()
        if not name:
            raise Refused(problem("name", "Say what the token is for."))
        scope = field(form, "scope") or Scope.ALL
        if scope not in list(Scope):
            raise Refused(problem("scope", "Choose what the token opens."))
        token = users.create_token(session, owner, name=name, now=now, scope=Scope(scope))
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems, key="t")
        return _page(request, session, user, token_form=shown, status=422)
    return _page(request, session, user, token=token)


@router.post("/settings/tokens/{token_id}/revoke")
def revoke_token(
    request: Request, token_id: int, session: DbSession, now: Now, _user: Admin
) -> Response:
    """Revoke a token for good."""
    api_tokens.revoke_token(session, token_id, now=now)
    return see_other(request, "/settings", REVOKED)


def _owner(session: Session, email: str) -> User:
    try:
        return users.user_by_email(session, email)
    except NotFound:
        raise Refused(problem("email", "Choose as whom the program acts.")) from None


def _page(
    request: Request,
    session: Session,
    user: User,
    *,
    form: Form | None = None,
    token_form: Form | None = None,
    token: str = "",
    status: int = 200,
) -> Response:
    found = company.the_company(session)
    say = reader_of(request).translations.gettext
    stored = {
        "company": found.name,
        "time_zone": found.time_zone,
        "currency": found.currency,
        "second_approval": "yes" if found.second_approval else "",
    }
    context = {
        "form": form or Form(stored),
        "token_form": token_form or Form({"email": user.email}, key="t"),
        "zones": [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        "accounts": [
            (each.email, f"{each.name} · {each.email}")
            for each in users.users(session)
            if not each.disabled_at
        ],
        "scopes": [(scope, say(text)) for scope, text in SCOPES.items()],
        "tokens": [each for each in api_tokens.tokens(session) if not each.revoked_at],
        "token": token,
    }
    return render(request, "settings/index.html", context, status=status)
