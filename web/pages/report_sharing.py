"""A report for people without an account: a link that ends, and one file that holds all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments.access import share_links
from experiments.company import the_company
from experiments.experiment import Experiment, experiment
from experiments.problem import Refused, problem
from experiments.report import build
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import NOBODY, reader_of, render, see_other
from web.pages.report import context_of
from web.security import MANAGERS, RESULT_READERS, allow
from web.site import site_of
from web.templating import STATIC
from web.wording import Words

router = APIRouter()
open_router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]

ENDED = flash("share-ended", "good", "The link works no longer.")


@router.get("/experiments/{key}/share")
def ask(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """The links there are, and a form for another."""
    return _page(request, session, experiment(session, key), user, now, Form())


@router.post("/experiments/{key}/share")
def share(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Make a link; its address is shown once."""
    found, said = experiment(session, key), field(form, "days").strip()
    try:
        days = int(said) if said.isdecimal() else 0
        token = share_links.share(session, found, days=days, by=user, now=now)
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _page(request, session, found, user, now, shown, status=422)
    base = site_of(request).settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    made = f"{base}/shared/{token}"
    return _page(request, session, found, user, now, Form(), made=made)


@router.post("/experiments/{key}/share/end")
def end(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Let a link work no longer."""
    said = field(form, "link")
    if not said.isdecimal():
        raise Refused(problem("link", "There is no such link."))
    share_links.end_share(session, experiment(session, key), int(said), by=user, now=now)
    return see_other(request, f"/experiments/{key}/share", ENDED)


@router.get("/experiments/{key}/report.html", dependencies=[allow(*RESULT_READERS)])
def as_file(request: Request, key: str, session: DbSession, now: Now) -> Response:
    """The report as one file that needs nothing beside it, to be sent or kept."""
    found = experiment(session, key)
    style = (STATIC / "stagelift.css").read_text(encoding="utf-8")
    answer = _report(request, session, found, now, layout="standalone.html", style=style)
    answer.headers["Content-Disposition"] = 'attachment; filename="report.html"'
    return answer


@open_router.get("/shared/{token}")
def read(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """A report by its link. Whoever has the address may read it."""
    found = share_links.experiment_of_share(session, token, now=now)
    # Whoever reads it, signed in or not, reads it alike and in the company's zone.
    request.state.visit = replace(NOBODY, zone=the_company(session).zone)
    answer = _report(request, session, found, now, layout="bare.html")
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _report(
    request: Request,
    session: Session,
    found: Experiment,
    now: Now,
    *,
    layout: str,
    style: str = "",
) -> Response:
    """The report as a viewer sees it, without a way into the site."""
    built = build(session, found, now=now)
    outside = {
        "experiment": found,
        "role": Role.VIEWER,
        "sees_reps": False,
        "outside": True,
        "layout": layout,
        "style": style,
        "nav": [],
        "user": None,
    }
    context = context_of(built, Words(reader_of(request))) | outside
    return render(request, "report/show.html", context)


def _page(
    request: Request,
    session: Session,
    found: Experiment,
    user: User,
    now: Now,
    form: Form,
    *,
    made: str = "",
    status: int = 200,
) -> Response:
    context = {
        "found": found,
        "form": form,
        "role": user.role,
        "made": made,
        "links": share_links.shares(session, found, now=now),
        "usual": share_links.USUAL_DAYS,
        "most": share_links.MOST_DAYS,
    }
    return render(request, "report/sharing.html", context, status=status)
