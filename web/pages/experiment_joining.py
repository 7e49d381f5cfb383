"""Reps who join a running test, let in by page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.experiment import experiment
from experiments.joining import join
from experiments.people import rep_by_external_id
from experiments.problem import Refused
from experiments.users import User
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.pages import see_other
from web.pages.experiments import plan_page
from web.security import MANAGERS, allow

router = APIRouter()

JOINED = flash("joined-test", "good", "The rep takes part from now on.")


@router.post("/experiments/{key}/join")
def let_join(
    request: Request,
    key: str,
    form: Posted,
    session: DbSession,
    now: Now,
    user: Annotated[User, allow(*MANAGERS)],
) -> Response:
    """Let a rep join, in the variant that the plan's rule gives."""
    said = field(form, "rep")
    try:
        rep = rep_by_external_id(session, said)
        join(session, experiment(session, key), rep, by=user, now=now)
    except Refused as refusal:
        shown = {"rep": said}
        return plan_page(request, session, key, user, now, values=shown, problems=refusal.problems)
    return see_other(request, f"/experiments/{key}/plan", JOINED)
