"""An experiment drafted from an action: one version of the process asks for it, one has it not."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import experiment_draft, process_draft
from experiments.company import the_company
from experiments.experiment import Experiment, Unit
from experiments.people import Team
from experiments.problem import NotFound, Refused, problem
from experiments.process import (
    Action,
    ProcessVersion,
    StandingProcess,
    adopt,
    standing_version_id,
    version_of,
)
from experiments.process_draft import ProcessDraft, draft_of
from experiments.users import User

# Fewer reps can hardly be told apart when they are split; their leads can.
LEAST_REPS = 12
WEEKS = 12
LONGEST_NAME = 120


def draft_test(
    session: Session,
    process_key: str,
    action_key: str,
    *,
    horizon_days: int,
    by: User | None,
    now: datetime,
) -> Experiment:
    """Write both versions of the process and the draft of a test between them.

    Nobody's process changes: teams that followed the newest version go on with it until the
    test is launched.

    Raises:
        NotFound: for a process or an action that is not in its newest version.
        Refused: where the stage would keep no wording for the criterion, or the draft's key is
            taken.
    """
    newest = version_of(session, process_key)
    action = _action(newest, action_key)
    _keep_standing(session, newest, now=now)
    without = process_draft.revise(session, newest.process, _without(newest, action), now=now)
    required = process_draft.revise(session, newest.process, _required(newest, action), now=now)
    draft = experiment_draft.checked(
        _written(session, newest, action, (without, required), horizon_days, now)
    )
    return experiment_draft.create(session, draft, by=by, now=now)


def _action(newest: ProcessVersion, key: str) -> Action:
    for stage in newest.stages:
        for action in stage.actions:
            if action.key == key:
                return action
    raise NotFound("action", key)


def _without(newest: ProcessVersion, action: Action) -> ProcessDraft:
    draft = draft_of(newest)
    stage = draft.stages[action.stage.position]
    stage.actions = [each for each in stage.actions if each.name != action.name]
    return draft


def _required(newest: ProcessVersion, action: Action) -> ProcessDraft:
    draft = draft_of(newest)
    stage = draft.stages[action.stage.position]
    criterion = f"Done: {action.name}"
    if len(criterion) > process_draft.LONGEST_CRITERION:
        raise Refused(problem("action", "The action's name is too long for a criterion."))
    if criterion not in stage.exit_criteria:
        stage.exit_criteria.append(criterion)
    return draft


def _keep_standing(session: Session, newest: ProcessVersion, *, now: datetime) -> None:
    """Name as standing what segments follow unnamed: the newest version is about to be another."""
    segments = set(session.scalars(select(Team.segment))) | {newest.process.segment}
    for segment in sorted(segments):
        named = session.get(StandingProcess, segment)
        if named is None and standing_version_id(session, segment) == newest.id:
            adopt(session, segment, newest, now=now)


def _written(
    session: Session,
    newest: ProcessVersion,
    action: Action,
    versions: tuple[ProcessVersion, ProcessVersion],
    horizon_days: int,
    now: datetime,
) -> dict[str, object]:
    """What a manager would write; all of it can be changed before the launch."""
    teams = [
        each
        for each in session.scalars(select(Team).order_by(Team.name))
        if each.reps and each.segment == newest.process.segment
    ]
    reps = sum(len(each.reps) for each in teams)
    first = now.astimezone(the_company(session).zone).date() + timedelta(days=7)
    name = f"{action.name}: with and without"
    return {
        "name": name[:LONGEST_NAME],
        "key": process_draft.slug(f"{action.name[:40]} {newest.process.key[:10]}")
        + f"-v{versions[1].number}",
        "hypothesis": (
            f"In “{action.stage.name}”, leads with “{action.name}” were won more or less often"
            " than leads without it. If the action is the reason, asking for it changes how many"
            " are won."
        ),
        "unit": Unit.REP if reps >= LEAST_REPS else Unit.LEAD,
        "teams": [each.name for each in teams],
        "variants": [
            {"name": "Without it", "process": versions[0].reference, "control": True},
            {"name": "With it", "process": versions[1].reference},
        ],
        "horizon_days": horizon_days,
        "enrol_from": first.isoformat(),
        "enrol_until": (first + timedelta(weeks=WEEKS)).isoformat(),
    }
