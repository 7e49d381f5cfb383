"""What surrounds a plan: the note to the team, its approval, copies, the archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments import briefing, copying
from experiments.approval import approve
from experiments.experiment import experiment
from experiments.users import User
from web.deps import DbSession, Now
from web.flash import flash
from web.pages import render, see_other
from web.pages.processes import CHANGES
from web.plan_shown import KINDS, control_first, shown
from web.security import MANAGERS, STAFF, allow
from web.sentences import MILESTONES

router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]
Planner = Annotated[User, allow(*STAFF)]

APPROVED = flash("plan-approved", "good", "You approve of this plan. A change of it asks again.")
COPIED = flash("copied", "good", "This is a copy, as a draft. Check its name and its days.")
ARCHIVED = flash("archived", "good", "Put away: the list shows it only when asked.")
TAKEN_OUT = flash("unarchived", "good", "Back in the list.")


@router.get("/experiments/{key}/note")
def note(request: Request, key: str, session: DbSession, now: Now, user: Planner) -> Response:
    """What the test asks of whom, and a note to the team to begin from."""
    found = experiment(session, key)
    context = {
        "found": found,
        "shown": shown(session, found, user.role, now=now),
        "variants": control_first(found.variants),
        "asked": briefing.asked(session, found),
        "councils": briefing.councils(found),
        "sentences": CHANGES,
        "milestone": MILESTONES[found.milestone],
        "kinds": KINDS,
    }
    return render(request, "experiments/note.html", context)


@router.post("/experiments/{key}/approve")
def approve_plan(
    request: Request, key: str, session: DbSession, now: Now, user: Manager
) -> Response:
    """Consent to a draft as it stands."""
    approve(session, experiment(session, key), by=user, now=now)
    return see_other(request, f"/experiments/{key}/plan", APPROVED)


@router.post("/experiments/{key}/copy")
def copy(request: Request, key: str, session: DbSession, now: Now, user: Planner) -> Response:
    """Begin another test from this one's plan."""
    made = copying.copy(session, experiment(session, key), by=user, now=now)
    return see_other(request, f"/experiments/{made.key}/edit", COPIED)


@router.post("/experiments/{key}/archive")
def archive(request: Request, key: str, session: DbSession, now: Now, user: Planner) -> Response:
    """Put a test that is over, or was never launched, out of sight."""
    copying.archive(session, experiment(session, key), by=user, now=now)
    return see_other(request, "/experiments", ARCHIVED)


@router.post("/experiments/{key}/unarchive")
def unarchive(request: Request, key: str, session: DbSession, now: Now, user: Planner) -> Response:
    """Take it out again."""
    copying.unarchive(session, experiment(session, key), by=user, now=now)
    return see_other(request, "/experiments", TAKEN_OUT)
