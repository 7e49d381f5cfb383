"""A rep's own pages: today's work, and the process to follow. No result of any test is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import process_reading, tasks, worklist
from experiments.desk import following, versions_at_hand
from experiments.leads import Lead
from experiments.people import Rep, rep_of_user
from experiments.problem import NotFound
from experiments.process_reading import news
from experiments.tasks import Task
from experiments.users import Role, User
from experiments.worklist import Search, StageGroup
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.pages import reader_of, render, see_other
from web.pages.lead import new_mark
from web.pages.leads import lead_path, list_path
from web.pages.processes import CHANGES
from web.security import allow
from web.sentences import MILESTONES

router = APIRouter()
SelfOnly = Annotated[User, allow(Role.REP)]
SHOWN_TODAY = 10
READ = flash("process-read", "good", "Noted: you have read your process.")


class PartOfDay(StrEnum):
    """What a greeting depends on."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@router.get("/today")
def today(request: Request, session: DbSession, now: Now, user: SelfOnly) -> Response:
    """What a rep follows, which leads have waited longest, and where all of them stand."""
    rep = rep_of_user(session, user.id)
    if rep is None:
        return render(request, "rep/unlinked.html")
    zone = reader_of(request).zone
    follows = following(session, rep, now=now)
    day = now.astimezone(zone).date()
    due = tasks.due_by(tasks.tasks(session, rep, zone=zone), day)
    context = {
        "today": day,
        "due_tasks": due[:SHOWN_TODAY],
        "due_count": len(due),
        "part_of_day": part_of_day(now, zone),
        "name": given_name(user.name),
        "following": follows,
        "news": news(session, rep, follows.version),
        "now": now,
        "works": worklist.work(session, _others(session, rep, due, now), now=now),
        "stages": [(each, _path_of(each)) for each in worklist.groups(session, Search(rep))],
        "lead_path": lead_path,
        "mark": new_mark(),
    }
    return render(request, "rep/today.html", context)


@router.get("/process")
def process(
    request: Request, session: DbSession, now: Now, user: SelfOnly, version: int | None = None
) -> Response:
    """The process that a rep follows, stage by stage; others that their open leads are on."""
    rep = rep_of_user(session, user.id)
    if rep is None:
        return render(request, "rep/unlinked.html")
    at_hand = versions_at_hand(session, rep, now=now)
    if not at_hand:
        return render(request, "rep/no_process.html")
    shown = next((each for each in at_hand if version in (None, each.id)), None)
    if shown is None:
        raise NotFound("process version", version)
    follows = following(session, rep, now=now)
    context = {
        "following": follows,
        "news": news(session, rep, follows.version),
        "sentences": CHANGES,
        "now": now,
        "version": shown,
        "at_hand": at_hand,
        "milestones": MILESTONES,
    }
    return render(request, "rep/process.html", context)


@router.post("/process/read")
def read(request: Request, form: Posted, session: DbSession, now: Now, user: SelfOnly) -> Response:
    """Say that one has read the process that one follows."""
    rep = rep_of_user(session, user.id)
    follows = following(session, rep, now=now) if rep else None
    # What was read is the version that the page showed, which may be another by now.
    if rep and follows and follows.version and field(form, "version") == str(follows.version.id):
        process_reading.read(session, rep, follows.version, now=now)
        return see_other(request, "/today", READ)
    return see_other(request, "/process")


def part_of_day(now: datetime, zone: ZoneInfo) -> PartOfDay:
    """Morning until noon, evening from six."""
    hour = now.astimezone(zone).hour
    if hour < 12:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if hour < 18 else PartOfDay.EVENING


def given_name(name: str) -> str:
    """The word to greet a person by: the first that is no title such as `Dr.`."""
    return next((word for word in name.split() if not word.endswith(".")), name)


def _others(session: Session, rep: Rep, due: Sequence[Task], now: datetime) -> list[Lead]:
    """The leads that have waited longest, but for those whose step is due and shown already."""
    shown = {task.lead.id for task in due[:SHOWN_TODAY]}
    waiting = worklist.waiting_longest(session, rep, now=now, limit=SHOWN_TODAY + len(shown))
    return [each for each in waiting if each.id not in shown][:SHOWN_TODAY]


def _path_of(group: StageGroup) -> str:
    return list_path(stage=group.name) if group.name else list_path()
