"""Whether a test can be believed: its checks and counts, on any day since its launch."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.experiment import experiment
from experiments.health_report import health_on
from experiments.problem import Refused, problem
from experiments.users import User
from web.deps import DbSession, Now
from web.health_words import HealthWords
from web.pages import reader_of, render
from web.plan_shown import KINDS, control_first, status_of
from web.security import RESULT_READERS, STAFF, allow
from web.wording import Words

router = APIRouter()
Reader = Annotated[User, allow(*RESULT_READERS)]


@router.get("/experiments/{key}/health")
def show(
    request: Request, key: str, session: DbSession, now: Now, user: Reader, as_of: str = ""
) -> Response:
    """The health of a launched test, now or at the end of a past day."""
    found = experiment(session, key)
    health = health_on(session, found, now=now, day=day_of(as_of))
    reader = reader_of(request)
    context = {
        "found": found,
        "health": health,
        "status": status_of(session, found, now=now),
        "kinds": KINDS,
        "words": Words(reader),
        "said": HealthWords(reader),
        "asked": as_of,
        "first": found.launched_at,
        "now": now,
        "variants": control_first(found.variants),
        "sees_reps": user.role in STAFF,
    }
    return render(request, "experiments/health.html", context)


def day_of(text: str) -> date | None:
    """The day that was asked for; None for today. Raises Refused for what is no day."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(
            problem("as_of", "{text} is not a day such as 2026-03-31.", text=text)
        ) from None
