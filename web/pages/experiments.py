"""Experiments: their list, and planning one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import exclusion, experiment_draft, people, process
from experiments.company import the_company
from experiments.experiment import Experiment, Status, experiment, experiments
from experiments.plan import frozen_plan
from experiments.problem import Problem, Refused
from experiments.unfinished import UnfinishedPlan, unfinished_of
from experiments.users import User
from web import experiment_form
from web.balance_shown import balance_shown
from web.deps import DbSession, Now, Posted, field, typed
from web.experiment_choices import choices
from web.flash import flash
from web.forms import Form, names_of
from web.pages import reader_of, render, see_other
from web.plan_shown import KINDS, shown, status_of
from web.rows import row_count
from web.security import MANAGERS, RESULT_READERS, STAFF, allow
from web.sentences import STATUSES
from web.texts import N_
from web.wizard.steps import WORDINGS, Step

router = APIRouter()
Reader = Annotated[User, allow(*RESULT_READERS)]
Planner = Annotated[User, allow(*STAFF)]

SAVED = flash("draft-saved", "good", "The draft is saved. Read the whole plan, then launch it.")
FROZEN = flash("plan-frozen", "warn", "The plan froze at launch and cannot change.")

NEW = N_("Plan an experiment")
CHANGE = N_("Change the plan")


@dataclass(frozen=True, slots=True)
class Line:
    """An experiment in the list; `when` is the day it waits for, or that ended it."""

    experiment: Experiment
    status: Status
    href: str
    when: datetime


@router.get("/experiments")
def index(
    request: Request,
    session: DbSession,
    now: Now,
    user: Reader,
    archived: bool = False,
    group: str = "",
) -> Response:
    """Every experiment, newest first; those put away only when asked, or those of one group."""
    may_plan = user.role in STAFF
    found = experiments(session)
    listed = [
        each
        for each in found
        if (each.exclusion_group == group if group else bool(each.archived_at) is archived)
    ]
    context = {
        "lines": [_line(session, each, now, may_plan=may_plan) for each in listed],
        "archived": archived,
        "group": group,
        "groups": exclusion.groups(session),
        "put_away": sum(bool(each.archived_at) for each in found),
        "names": STATUSES,
        "kinds": KINDS,
        "may_plan": may_plan,
        "has_process": bool(found) or bool(process.processes(session)),
        "has_team": bool(found) or bool(people.reps(session)),
        "unfinished": _unfinished(session, user) if may_plan and not (archived or group) else [],
    }
    return render(request, "experiments/list.html", context)


@router.get("/experiments/new")
def begin(request: Request, session: DbSession, now: Now, _user: Planner) -> Response:
    """An empty form."""
    today = now.astimezone(the_company(session).zone).date()
    return _form(request, session, Form(experiment_form.blank(today)))


@router.post("/experiments/new")
def create(
    request: Request, form: Posted, session: DbSession, now: Now, user: Planner
) -> Response:
    """Save a draft, or show the form again with a variant more or less."""
    if field(form, "act") not in ("", "save"):
        return _form(request, session, _rearranged(form))
    try:
        draft = experiment_draft.checked(experiment_form.written(form, ""))
        found = experiment_draft.create(session, draft, by=user, now=now)
    except Refused as refusal:
        return _form(request, session, _refused(form, refusal), status=422)
    return see_other(request, f"/experiments/{found.key}/plan", SAVED)


@router.get("/experiments/{key}/edit")
def open_draft(request: Request, key: str, session: DbSession, _user: Planner) -> Response:
    """The form of a draft as it stands."""
    found = experiment(session, key)
    if found.launched_at:
        return see_other(request, f"/experiments/{key}/plan", FROZEN)
    draft = experiment_draft.draft_of(session, found)
    values = experiment_form.values_of_draft(draft, people.teams(session))
    return _form(request, session, Form(values), found)


@router.post("/experiments/{key}/edit")
def change(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Planner
) -> Response:
    """Rewrite a draft, or show the form again with a variant more or less."""
    found = experiment(session, key)
    if field(form, "act") not in ("", "save"):
        return _form(request, session, _rearranged(form), found)
    try:
        draft = experiment_draft.checked(experiment_form.written(form, key))
        experiment_draft.change(session, found, draft, by=user, now=now)
    except Refused as refusal:
        return _form(request, session, _refused(form, refusal), found, status=422)
    return see_other(request, f"/experiments/{key}/plan", SAVED)


@router.get("/experiments/{key}/plan")
def plan(request: Request, key: str, session: DbSession, now: Now, user: Planner) -> Response:
    """The whole plan in words: to review before the launch, to look up after it."""
    return plan_page(request, session, key, user, now)


def plan_page(
    request: Request,
    session: Session,
    key: str,
    user: User,
    now: datetime,
    *,
    values: Mapping[str, Any] | None = None,
    problems: tuple[Problem, ...] = (),
) -> Response:
    """The plan's page, also where an act on it was refused."""
    found = experiment(session, key)
    frozen = frozen_plan(found) if found.launched_at else None
    context = {
        "found": found,
        "frozen": frozen,
        "balance": balance_shown(frozen) if frozen else None,
        "shown": shown(session, found, user.role, now=now),
        "form": Form(values or {}, problems),
        "may_change": user.role in MANAGERS
        and status_of(session, found, now=now) in (Status.RUNNING, Status.PAUSED),
    }
    status = 422 if problems else 200
    return render(request, "experiments/plan.html", context, status=status)


def _line(session: Session, found: Experiment, now: datetime, *, may_plan: bool) -> Line:
    state = status_of(session, found, now=now)
    # A draft has no report: whoever may not see plans has nothing to open.
    href = f"/experiments/{found.key}" if found.launched_at else ""
    if state is Status.DRAFT and may_plan:
        href = f"/experiments/{found.key}/plan"
    when = found.decided_at or found.stopped_at or found.measured_at
    return Line(found, state, href, when)


def _unfinished(session: Session, user: User) -> list[tuple[UnfinishedPlan, str]]:
    """What this person has begun, and what the step is called on which they go on."""
    begun = unfinished_of(session, user)
    return [(each, WORDINGS[Step(each.step)].name) for each in begun]


def _rearranged(form: FormData) -> Form:
    return Form(experiment_form.after(form, field(form, "act")))


def _refused(form: FormData, refusal: Refused) -> Form:
    return Form(typed(form), experiment_form.placed(refusal.problems))


def _form(
    request: Request,
    session: Session,
    form: Form,
    found: Experiment | None = None,
    *,
    status: int = 200,
) -> Response:
    say = reader_of(request).translations.gettext
    context = {
        **choices(request, session, level=found.level if found else None),
        "form": form,
        "names": names_of(form.problems, experiment_form.TITLES, say=say),
        "rows": max(2, row_count(form.values, "variants", "weight")),
        "heading": CHANGE if found else NEW,
        "back": f"/experiments/{found.key}/plan" if found else "/experiments",
    }
    return render(request, "experiments/form.html", context, status=status)
