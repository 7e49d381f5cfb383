"""A rep as managers see one: since when, in which tests they count, and the hand-over of leads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import handover, people
from experiments.deed import LONGEST_REASON, Deed
from experiments.people import Rep
from experiments.problem import Refused
from experiments.users import User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.pages.lead import new_mark
from web.security import MANAGERS, allow

router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]

LEFT = flash("rep-left", "good", "Noted: this rep has left. Tests count them where they were.")
BACK = flash("rep-back", "good", "Noted: this rep is here.")
GIVEN = flash("leads-given", "good", "The open leads are handed over. Tests keep them.")


@router.get("/team/reps/{rep_id}")
def show(request: Request, rep_id: int, session: DbSession, now: Now, _user: Manager) -> Response:
    """One rep."""
    return _page(request, session, handover.rep_by_id(session, rep_id), now)


@router.post("/team/reps/{rep_id}/leave")
def leave(
    request: Request, rep_id: int, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Say when a rep left, or that the rep is here."""
    found = handover.rep_by_id(session, rep_id)
    day = field(form, "day").strip()
    try:
        deed = Deed(field(form, "mark"), user, now)
        handover.leave(session, found, day, zone=reader_of(request).zone, deed=deed)
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems, key="leave")
        return _page(request, session, found, now, refused=shown)
    return see_other(request, f"/team/reps/{found.id}", LEFT if day else BACK)


@router.post("/team/reps/{rep_id}/hand-over")
def give(
    request: Request, rep_id: int, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Give all open leads of a rep to others."""
    found = handover.rep_by_id(session, rep_id)
    chosen = set(typed(form).get("to", []))
    to = [each for each in people.reps(session) if each.external_id in chosen]
    try:
        deed = Deed(field(form, "mark"), user, now)
        handover.hand_over(session, found, to, reason=field(form, "reason").strip(), deed=deed)
    except Refused as refusal:
        # A lead that could not be given leaves the others where they were.
        session.rollback()
        shown = Form(typed(form), refusal.problems, key="give")
        return _page(request, session, found, now, refused=shown)
    return see_other(request, f"/team/reps/{found.id}", GIVEN)


def _page(
    request: Request, session: Session, found: Rep, now: datetime, *, refused: Form | None = None
) -> Response:
    others = [each for each in people.reps(session) if each is not found]
    mates = sorted(others, key=lambda each: (each.team_id != found.team_id, each.name))
    context = {
        "found": found,
        "weeks": max((now - found.joined_at).days // 7, 0),
        "parts": handover.taking_part(session, found),
        "open": len(handover.open_leads(session, found)),
        "others": [
            (each.external_id, each.name, each.team.name if each.team else "") for each in mates
        ],
        "today": now.astimezone(reader_of(request).zone).date().isoformat(),
        "refused": refused or Form(),
        "leaving": refused if refused and refused.key == "leave" else Form(key="leave"),
        "giving": refused if refused and refused.key == "give" else Form(key="give"),
        "mark": new_mark(),
        "longest_reason": LONGEST_REASON,
    }
    return render(request, "team/record.html", context, status=422 if refused else 200)
