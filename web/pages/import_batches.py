"""The imports that were made, each of which can be taken back as a whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.importing import batches
from experiments.problem import Refused
from experiments.users import User
from web.deps import DbSession, Now
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import STAFF, allow

router = APIRouter()
Reader = Annotated[User, allow(*STAFF)]

UNDONE = flash("import-undone", "good", "It is taken back. The same file can be brought again.")


@router.get("/data/imports")
def index(request: Request, session: DbSession, _user: Reader) -> Response:
    """Every import, newest first."""
    context = {"batches": batches.batches(session), "form": Form()}
    return render(request, "data/imports.html", context)


@router.post("/data/imports/{batch_id}/undo")
def undo(request: Request, batch_id: int, session: DbSession, now: Now, user: Reader) -> Response:
    """Take one back."""
    found = batches.batch(session, batch_id)
    try:
        batches.undo(session, found, by=user, now=now)
    except Refused as refusal:
        context = {"batches": batches.batches(session), "form": Form({}, refusal.problems)}
        return render(request, "data/imports.html", context, status=422)
    return see_other(request, "/data/imports", UNDONE)
