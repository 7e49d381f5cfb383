"""The page behind a sign-in link: a person chooses a password."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from experiments import users
from experiments.access.sign_in_links import use_link, user_of_link
from experiments.problem import Refused, problem
from web.deps import DbSession, Now, Posted, field
from web.forms import Form
from web.pages import render, see_other
from web.security import give_session, signed_out
from web.site import site_of

router = APIRouter(dependencies=[Depends(signed_out)])


@router.get("/welcome/{token}")
def ask(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """The form, as long as the link holds."""
    user = user_of_link(session, token, now=now)
    return render(request, "welcome.html", {"form": Form(), "email": user.email})


@router.post("/welcome/{token}")
def choose(request: Request, token: str, form: Posted, session: DbSession, now: Now) -> Response:
    """Set the password, and sign the person in."""
    user = user_of_link(session, token, now=now)
    try:
        if field(form, "password") != field(form, "repeated"):
            raise Refused(problem("repeated", "The two passwords differ."))
        use_link(session, token, field(form, "password"), now=now)
    except Refused as refusal:
        context = {"form": Form({}, refusal.problems), "email": user.email}
        return render(request, "welcome.html", context, status=422)
    response = see_other(request, "/")
    give_session(response, site_of(request).settings, users.open_session(session, user, now=now))
    return response
