"""Experiments by API: plan them, read them, and carry them through their life."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import Field
from sqlalchemy.orm import Session

from experiments import life, looks
from experiments.approval import approve
from experiments.copying import copy
from experiments.draft_fields import ExperimentDraft
from experiments.experiment import Experiment, Status, Unit, experiment, experiments, status
from experiments.experiment_draft import change, create, draft_of
from experiments.freshness import complete_through
from experiments.phases import Change, begin_phase
from experiments.plan import frozen_plan
from experiments.problem import Refused, problem
from experiments.process_draft import slug
from experiments.users import User
from experiments.written import Written
from web.api import FAULTS, PREFIX, Key, Out
from web.balance_shown import as_dict, plan_document
from web.deps import DbSession, Now
from web.security import MANAGERS, RESULT_READERS, STAFF, allow_token

router = APIRouter(prefix=f"{PREFIX}/experiments", tags=["Experiments"], responses=FAULTS)

LARGEST_SEED = 2**63 - 1
EXAMPLE = {
    "name": "Demo before discovery",
    "hypothesis": "Showing the product first closes more.",
    "unit": "rep",
    "variants": [
        {"name": "Discovery first", "process": "discovery-first", "control": True},
        {"name": "Demo first", "process": "demo-first"},
    ],
    "teams": ["Berlin"],
    "milestone": "won",
    "horizon_days": 60,
    "enrol_from": "2026-03-02",
    "enrol_until": "2026-04-30",
}
Drafted = Annotated[ExperimentDraft, Body(openapi_examples={"two variants": {"value": EXAMPLE}})]
Manager = Annotated[User, allow_token(*MANAGERS)]


class ExperimentLine(Out):
    """An experiment in a list."""

    key: str
    name: str
    unit: Unit
    status: Status
    exclusion_group: str | None


class ExperimentList(Out):
    """Every experiment, newest first."""

    experiments: list[ExperimentLine]


class ExperimentOut(ExperimentDraft):
    """The plan as it was written, and what has become of it since."""

    status: Status
    created_at: datetime
    launched_at: datetime | None
    plan_hash: str | None
    seed: int | None
    code_version: str | None
    balance: dict[str, Any] | None
    measured_at: datetime
    enrolment_closed_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str
    decided_at: datetime | None


class LaunchIn(Written):
    """How to launch; without a seed one is drawn. It is kept in the plan either way."""

    seed: int | None = Field(None, ge=0, le=LARGEST_SEED)


class StopIn(Written):
    """Why a test ends before its time."""

    reason: str = Field(max_length=5000, examples=["The product changed in week two."])


class ChangeIn(Written):
    """What is different from now on; `processes` by variant, `enrol_until` if it moves."""

    processes: dict[str, str] = Field(max_length=20, examples=[{"demo-first": "demo-first@2"}])
    reason: str = Field(max_length=5000, examples=["The demo script had a wrong price."])
    enrol_until: date | None = None


@router.get("")
def index(
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*RESULT_READERS)],
    group: str | None = None,
) -> ExperimentList:
    """Every experiment, newest first, or those of one exclusion group."""
    lines = [
        ExperimentLine(
            key=each.key,
            name=each.name,
            unit=each.unit,
            status=_status(session, each, now),
            exclusion_group=each.exclusion_group,
        )
        for each in experiments(session)
        if group in (None, each.exclusion_group)
    ]
    return ExperimentList(experiments=lines)


@router.post("", status_code=201)
def add(
    draft: Drafted, session: DbSession, now: Now, user: Annotated[User, allow_token(*STAFF)]
) -> ExperimentOut:
    """Plan an experiment. It is a draft until it is launched."""
    return _shown(session, create(session, draft, by=user, now=now), now)


@router.get("/{key}")
def show(
    key: Key, session: DbSession, now: Now, _user: Annotated[User, allow_token(*RESULT_READERS)]
) -> ExperimentOut:
    """The plan of an experiment, and where it is in its life."""
    return _shown(session, experiment(session, key), now)


@router.get("/{key}/plan")
def frozen(
    key: Key, session: DbSession, _user: Annotated[User, allow_token(*STAFF)]
) -> dict[str, Any]:
    """The plan as it froze at launch, whole: seed, design, each rep's values from before."""
    found = experiment(session, key)
    if found.plan is None:
        raise Refused(problem("status", "The plan freezes at launch: there is none yet."))
    return plan_document(found)


@router.put("/{key}")
def rewrite(
    key: Key,
    draft: Drafted,
    session: DbSession,
    now: Now,
    user: Annotated[User, allow_token(*STAFF)],
) -> ExperimentOut:
    """Write a draft anew, as a whole. After launch the plan is frozen."""
    found = experiment(session, key)
    if draft.key == slug(draft.name):
        draft.key = key  # none was written: the one in the address stands
    change(session, found, draft, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/launch")
def launch(
    key: Key, session: DbSession, now: Now, user: Manager, asked: LaunchIn | None = None
) -> ExperimentOut:
    """Freeze the plan, split the units and let leads enrol."""
    found = experiment(session, key)
    seed = asked.seed if asked and asked.seed is not None else secrets.randbits(48)
    life.launch(session, found, seed=seed, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/approve")
def approve_plan(key: Key, session: DbSession, now: Now, user: Manager) -> ExperimentOut:
    """Approve a draft as it stands, where the company asks for a second person's approval."""
    found = experiment(session, key)
    approve(session, found, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/copy", status_code=201)
def copy_plan(
    key: Key, session: DbSession, now: Now, user: Annotated[User, allow_token(*STAFF)]
) -> ExperimentOut:
    """Begin another draft from this plan, enrolling from tomorrow for as long."""
    return _shown(session, copy(session, experiment(session, key), by=user, now=now), now)


@router.post("/{key}/pause")
def pause(key: Key, session: DbSession, now: Now, user: Manager) -> ExperimentOut:
    """Let no lead enrol until it is resumed."""
    found = experiment(session, key)
    life.pause(session, found, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/resume")
def resume(key: Key, session: DbSession, now: Now, user: Manager) -> ExperimentOut:
    """End the pause."""
    found = experiment(session, key)
    life.resume(session, found, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/close-enrolment")
def close_enrolment(key: Key, session: DbSession, now: Now, user: Manager) -> ExperimentOut:
    """End enrolment before its planned day; those enrolled mature as planned."""
    found = experiment(session, key)
    life.close_enrolment(session, found, by=user, now=now)
    return _shown(session, found, now)


@router.post("/{key}/looks")
def take_look(key: Key, session: DbSession, now: Now, user: Manager) -> dict[str, object]:
    """Take the planned look that is due: the effects are shown, its part of alpha is spent."""
    look = looks.take_look(session, experiment(session, key), by=user, now=now)
    return {"look": look.number, "taken_at": look.taken_at.astimezone(UTC)}


@router.post("/{key}/phases", status_code=201)
def change_test(
    key: Key, asked: ChangeIn, session: DbSession, now: Now, user: Manager
) -> dict[str, object]:
    """Change a running test: a new phase begins, with a hash of its own, and decides."""
    found = experiment(session, key)
    change = Change(asked.processes, asked.reason, asked.enrol_until)
    plan = begin_phase(session, found, change, by=user, now=now)
    return {"phase": plan.phase, "plan_hash": found.plan_hash, "from_at": plan.enrol_from_at}


@router.post("/{key}/stop")
def stop(key: Key, asked: StopIn, session: DbSession, now: Now, user: Manager) -> ExperimentOut:
    """End a test for good."""
    found = experiment(session, key)
    life.stop(session, found, reason=asked.reason, by=user, now=now)
    return _shown(session, found, now)


def _shown(session: Session, found: Experiment, now: datetime) -> ExperimentOut:
    frozen = frozen_plan(found) if found.launched_at else None
    return ExperimentOut(
        **draft_of(session, found).model_dump(),
        status=_status(session, found, now),
        created_at=found.created_at,
        launched_at=found.launched_at,
        plan_hash=found.plan_hash,
        seed=found.seed,
        code_version=(frozen.code_version or None) if frozen else None,
        balance=as_dict(frozen) if frozen else None,
        measured_at=found.measured_at.astimezone(UTC),
        enrolment_closed_at=found.enrolment_closed_at,
        stopped_at=found.stopped_at,
        stop_reason=found.stop_reason,
        decided_at=found.decided_at,
    )


def _status(session: Session, found: Experiment, now: datetime) -> Status:
    through = complete_through(session, found.id, now=now)
    return status(found, now=now, complete_through=through)
