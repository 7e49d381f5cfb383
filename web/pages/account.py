"""One's own account: the password, and the browsers that are signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments import accounts
from experiments.problem import Refused, problem
from experiments.users import User, UserSession, digest
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import EVERYONE, SESSION_COOKIE, allow, read_cookie

router = APIRouter()
Anyone = Annotated[User, allow(*EVERYONE)]

CHANGED = flash(
    "password-changed", "good", "Your password is changed, and your other browsers signed out."
)
ENDED = flash("session-ended", "good", "That browser is signed out.")


@router.get("/account")
def show(request: Request, session: DbSession, now: Now, user: Anyone) -> Response:
    """The account of whoever asks."""
    return _page(request, user, Form(), accounts.sessions(session, user, now=now))


@router.post("/account/password")
def change_password(
    request: Request, form: Posted, session: DbSession, now: Now, user: Anyone
) -> Response:
    """Change one's own password."""
    try:
        if field(form, "password") != field(form, "repeated"):
            raise Refused(problem("repeated", "The two passwords differ."))
        accounts.change_password(
            session,
            user,
            present=field(form, "present"),
            new=field(form, "password"),
            token=read_cookie(request, SESSION_COOKIE),
            now=now,
        )
    except Refused as refusal:
        shown = Form({}, refusal.problems)
        opened = accounts.sessions(session, user, now=now)
        return _page(request, user, shown, opened, status=422)
    return see_other(request, "/account", CHANGED)


@router.post("/account/sessions/{mark}/end")
def end_session(request: Request, mark: str, session: DbSession, user: Anyone) -> Response:
    """Sign another of one's own browsers out."""
    accounts.end_session(session, user, mark)
    return see_other(request, "/account", ENDED)


def _page(
    request: Request,
    user: User,
    form: Form,
    opened: list[UserSession],
    *,
    status: int = 200,
) -> Response:
    mine = digest(read_cookie(request, SESSION_COOKIE))
    rows = [
        {
            "mark": accounts.mark_of(each),
            "since": each.created_at,
            "until": each.expires_at,
            "is_this": each.token_hash == mine,
        }
        for each in opened
    ]
    context = {"form": form, "account": user, "sessions": rows}
    return render(request, "account.html", context, status=status)
