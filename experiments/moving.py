"""What a person does to a lead on the site: each deed becomes an event, or takes one back.

A rep who acts is the event's actor. Managers are no reps: what they did is in the audit, under
the event's reference.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from experiments import audit
from experiments.deed import LONGEST_REASON, Deed, hold, store, stored_as, subject_of, void
from experiments.events import SITE, Event, EventType, history
from experiments.exit_check import as_told, open_criteria
from experiments.ingest import replay
from experiments.leads import Lead
from experiments.problem import Problem, Refused, problem, refuse_if
from experiments.process import Action, ProcessVersion, Stage, StageKind
from experiments.users import User
from experiments.worklist import ticks


class Stale(Refused):
    """The form was made for a lead that has changed since."""


def move(
    session: Session,
    lead: Lead,
    stage: str,
    *,
    seen: str,
    reason: str = "",
    met: Collection[int] | None = None,
    deed: Deed,
) -> None:
    """Move a lead into a stage of its process: on, back, out of order, to an end, or from one.

    Args:
        stage: The key of the stage to enter.
        seen: The key of the stage in which the form showed the lead; empty for none.
        reason: Needed to go back, to lose, to reopen, and to move on with an exit criterion open;
            at most `LONGEST_REASON` characters.
        met: The places of the exit criteria that are true; None where nobody was asked.
    Raises:
        Stale: when the lead is no longer where the form showed it.
        Refused: naming each wrong field.
    """
    hold(session, lead)
    target = _stage(lead, stage)
    reference = deed.reference("move")
    stored = stored_as(session, reference)
    if stored and (stored.lead_id, stored.stage_id) == (lead.id, target.id):
        return
    if stored or (lead.stage.key if lead.stage else "") != seen:
        raise _moved_meanwhile(lead)
    reason = _plain(reason)
    left_open = [] if met is None else open_criteria(lead.stage, target, met)
    refuse_if(_move_problems(lead.stage, target, reason, left_open))
    store(
        session,
        lead,
        reference,
        deed,
        type=EventType.STAGE_ENTERED,
        stage=target.key,
        reason=reason,
        origin=as_told(left_open),
    )


def tick(session: Session, lead: Lead, action: str, *, deed: Deed) -> None:
    """Note an action of the lead's present stage as done; one that is done stays so.

    Raises:
        Stale: when the action is not of the lead's present stage.
    """
    hold(session, lead)
    found = _action(lead, action)
    reference = deed.reference(found.id)
    if found.id in ticks(session, [lead]).get(lead.id, {}) or stored_as(session, reference):
        return
    store(session, lead, reference, deed, type=EventType.ACTION_DONE, action=found.key)


def skip(session: Session, lead: Lead, action: str, *, reason: str, deed: Deed) -> None:
    """Note that an action of the present stage will not be done, and why; `untick` takes it back.

    Raises:
        Stale: as `tick`.
        Refused: without a reason, or with too long a one.
    """
    hold(session, lead)
    found = _action(lead, action)
    reference = deed.reference(found.id)
    if found.id in ticks(session, [lead]).get(lead.id, {}) or stored_as(session, reference):
        return
    reason = _plain(reason)
    too_long = _length_problems(reason)
    refuse_if(too_long if reason else [problem("reason", "Say why the step is skipped.")])
    kind = EventType.ACTION_SKIPPED
    store(session, lead, reference, deed, type=kind, action=found.key, reason=reason)


def untick(session: Session, lead: Lead, action: str, *, deed: Deed) -> None:
    """Take back that an action of the present stage was done, or skipped.

    Raises:
        Stale: as `tick`.
        Refused: where another source told of it.
    """
    hold(session, lead)
    done = ticks(session, [lead]).get(lead.id, {}).get(_action(lead, action).id)
    if done is None:
        return
    if done.source.name != SITE:
        text = "{source} says that this was done; take it back there."
        raise Refused(problem("", text, source=done.source.name))
    void(session, lead, done, deed)


def undo(session: Session, lead: Lead, event_id: str, *, deed: Deed) -> None:
    """Take back a move; taking it back twice is one.

    Raises:
        Stale: when it is not the latest word of the lead, or somebody else's.
    """
    hold(session, lead)
    last = undoable(session, lead, history(session, lead), by=deed.by)
    if last and str(last.id) == event_id:
        void(session, lead, last, deed)
    elif not (event_id.isdecimal() and stored_as(session, f"void:{event_id}")):
        text = "This can no longer be undone: the lead has changed since. Move it instead."
        raise Stale(problem("", text))


def undoable(session: Session, lead: Lead, events: Sequence[Event], *, by: User) -> Event | None:
    """The move that `by` may take back: their own, and the latest of the lead's `events`."""
    last = events[-1] if events else None
    if last is None or last.type is not EventType.STAGE_ENTERED or last.source.name != SITE:
        return None
    if last.actor:
        return last if last.actor.user_id == by.id else None
    doer = doers(session, lead).get(last.source_ref)
    return last if doer and doer.id == by.id else None


def doers(session: Session, lead: Lead) -> dict[str, User]:
    """Who did what on the site without being a rep, by the event's reference."""
    written = audit.entries(session, subject_of(lead))
    return {each.detail: each.by for each in written if each.by}


def follow(session: Session, lead: Lead, version: ProcessVersion, *, deed: Deed) -> None:
    """Let a lead without a process follow one; what was kept for want of it is tried again.

    Raises:
        Stale: when it follows another already.
    """
    hold(session, lead)
    if lead.version_id == version.id:
        return
    if lead.version:
        text = "The lead follows {process} meanwhile."
        raise Stale(problem("", text, process=lead.version.title))
    lead.version_id = version.id
    session.flush()
    audit.record(session, "chose a process", subject_of(lead), by=deed.by, now=deed.now)
    replay(session, now=deed.now, leads=[lead.external_id])


def _stage(lead: Lead, word: str) -> Stage:
    for stage in lead.version.stages if lead.version else []:
        if stage.key == word:
            return stage
    if not word:
        raise Refused(problem("stage", "Choose a stage."))
    text = "There is no stage {stage} in the lead's process."
    raise Refused(problem("stage", text, stage=word[:80]))


def _action(lead: Lead, word: str) -> Action:
    for action in lead.stage.actions if lead.stage else []:
        if action.key == word:
            return action
    raise _moved_meanwhile(lead)


def _moved_meanwhile(lead: Lead) -> Stale:
    if lead.stage is None:
        return Stale(problem("", "The lead has changed meanwhile: it is in no stage now."))
    text = "The lead has moved meanwhile: it is in {stage} now. Nothing was changed."
    return Stale(problem("", text, stage=lead.stage.name))


def _plain(reason: str) -> str:
    # PostgreSQL holds no NUL.
    return reason.replace("\0", "").strip()


def _move_problems(
    present: Stage | None, target: Stage, reason: str, left_open: Sequence[str]
) -> list[Problem]:
    problems = []
    if present is target:
        problems.append(problem("stage", "The lead is in {stage} already.", stage=target.name))
    problems.extend(_length_problems(reason))
    if not reason and not problems:
        problems.extend(_missing_reason(present, target))
        if left_open:
            said = problem(
                "reason",
                "Tick what is true, or say why the lead moves on without: {criterion}",
                criterion=left_open[0],
            )
            problems.append(said)
    return problems


def _length_problems(reason: str) -> list[Problem]:
    if len(reason) <= LONGEST_REASON:
        return []
    text = "A reason has at most {most} characters; this one has {length}."
    return [problem("reason", text, most=LONGEST_REASON, length=len(reason))]


def _missing_reason(present: Stage | None, target: Stage) -> list[Problem]:
    if target.kind is StageKind.LOST:
        return [problem("reason", "Say why the lead is lost.")]
    if present is None:
        return []
    if present.kind is not StageKind.OPEN:
        return [problem("reason", "Say why the lead is opened again.")]
    if target.position < present.position:
        return [problem("reason", "Say why the lead goes back.")]
    return []
