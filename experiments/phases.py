"""A change of a running test: it begins a new phase, with a plan and a hash of its own.

What was planned stays as it was. Leads that enrolled before the change were worked by the old
process and stay in the old phase; the verdict rests on those that enrol after it. A test whose
effects were seen cannot be changed: its new beginning would be chosen by its outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.company import take_turn, the_company
from experiments.experiment import Experiment, SplitDesign, Variant
from experiments.looks import looks_taken
from experiments.opening import openings
from experiments.plan import Plan, frozen_plan, hash_of, plan_of_text, planned_variant
from experiments.problem import NotFound, Problem, problem, refuse_if
from experiments.process import ProcessVersion, version_of
from experiments.store.columns import Entity
from experiments.users import User


class Phase(Entity):
    """A phase that a change ended, and why it was changed."""

    __tablename__ = "phases"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(Text)
    plan_hash: Mapped[str] = mapped_column(String(64))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by: Mapped[User | None] = relationship()

    @property
    def planned(self) -> Plan:
        """What was planned for it."""
        return plan_of_text(self.plan)


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked to be different.

    Attributes:
        processes: By a variant's key, the version (`demo-first@2`) that its new leads follow.
        reason: Why.
        until: The last day of enrolment in the company's calendar; None for as planned.
    """

    processes: Mapping[str, str]
    reason: str
    until: date | None = None


def ended_phases(session: Session, found: Experiment) -> list[Phase]:
    """Every phase that a change ended, in order; none where nothing was changed."""
    wanted = select(Phase).where(Phase.experiment_id == found.id).order_by(Phase.number)
    return list(session.scalars(wanted))


def phase_at(plan: Plan, ended: Sequence[Phase], at: datetime) -> int:
    """The number of the phase in which a lead enrols that enrols at a moment.

    Args:
        plan: The present phase's.
    """
    return next((each.number for each in ended if at < each.until_at), plan.phase)


def begin_phase(
    session: Session, found: Experiment, change: Change, *, by: User | None, now: datetime
) -> Plan:
    """End the present phase and begin another one.

    Raises:
        Refused: naming all that is wrong; then nothing has changed.
    """
    take_turn(session)
    refuse_if(_hindrances(session, found, now))
    versions, problems = _versions(session, found, change)
    end_at = _end(session, found, change.until)
    refuse_if([*problems, *_wrong(found, change, versions), *_over(change, end_at, now)])
    before, begins = frozen_plan(found), now.astimezone(UTC)
    session.add(
        Phase(
            experiment_id=found.id,
            number=before.phase,
            plan=found.plan,
            plan_hash=found.plan_hash,
            from_at=datetime.fromisoformat(before.enrol_from_at),
            until_at=now,
            reason=change.reason.strip(),
            by_id=by.id if by else None,
        )
    )
    for variant in found.variants:
        variant.version = versions.get(variant.key, variant.version)
    found.enrol_until_at = end_at
    session.flush()
    plan = replace(
        before,
        phase=before.phase + 1,
        variants=tuple(planned_variant(each) for each in found.variants),
        enrol_from_at=begins.isoformat(),
        enrol_until_at=end_at.astimezone(UTC).isoformat(),
    )
    found.plan = plan.text()
    found.plan_hash = hash_of(found.plan)
    detail = f"{plan.phase}: {change.reason.strip()}"
    audit.record(session, "began a phase", found.key, by=by, now=now, detail=detail)
    return plan


def changed(phase: Phase, after: Plan) -> list[tuple[str, str, str]]:
    """What the change that ended a phase made different: a variant's name, old and new process."""
    return [
        (new.name, old.process, new.process)
        for old, new in zip(phase.planned.variants, after.variants, strict=True)
        if old.version_id != new.version_id
    ]


def plans_after(session: Session, found: Experiment) -> list[tuple[Phase, Plan]]:
    """Every ended phase with the plan of the one that followed it."""
    ended = ended_phases(session, found)
    if not ended:
        return []
    followers = [later.planned for _, later in pairwise(ended)]
    return list(zip(ended, [*followers, frozen_plan(found)], strict=True))


def _hindrances(session: Session, found: Experiment, now: datetime) -> list[Problem]:
    over = found.stopped_at or found.decided_at or now >= found.enrolment_end_at
    if found.launched_at is None or over or found.rehearsal or now <= found.enrol_from_at:
        return [
            problem(
                "status",
                "Only a test whose enrolment is under way can be changed; a draft is "
                "written anew.",
            )
        ]
    if found.design is SplitDesign.CROSSOVER:
        return [
            problem(
                "status",
                "In a crossover each rep follows both processes in turn: stop it, and plan "
                "another.",
            )
        ]
    if looks_taken(session, found) or openings(session, found):
        return [
            problem(
                "status",
                "Effects of this test were seen already: a change now could be chosen by its "
                "outcome. Stop it, and plan another.",
            )
        ]
    return []


def _versions(
    session: Session, found: Experiment, change: Change
) -> tuple[dict[str, ProcessVersion], list[Problem]]:
    keys, versions, problems = {each.key for each in found.variants}, {}, []
    for key, reference in change.processes.items():
        where = f"processes.{key}"
        if key not in keys:
            problems.append(problem(where, "There is no variant {variant}.", variant=key))
            continue
        try:
            versions[key] = version_of(session, reference)
        except NotFound:
            problems.append(
                problem(where, "There is no process version {process}.", process=reference)
            )
    return versions, problems


def _end(session: Session, found: Experiment, until: date | None) -> datetime:
    if until is None:
        return found.enrol_until_at
    return datetime.combine(until + timedelta(days=1), time(), the_company(session).zone)


def _over(change: Change, end_at: datetime, now: datetime) -> list[Problem]:
    if end_at > now:
        return []
    return [problem("enrol_until", "{day} is over: let enrolment end later.", day=change.until)]


def _wrong(
    found: Experiment, change: Change, versions: Mapping[str, ProcessVersion]
) -> list[Problem]:
    chosen = [(each, versions[each.key]) for each in found.variants if each.key in versions]
    problems = [each for variant, version in chosen for each in _unfit(found, variant, version)]
    if not change.reason.strip():
        problems.append(problem("reason", "Write down why the test is changed."))
    is_known = len(versions) == len(change.processes)
    if is_known and all(variant.version_id == version.id for variant, version in chosen):
        problems.append(problem("processes", "Nothing would change: choose another version."))
    return problems


def _unfit(found: Experiment, variant: Variant, version: ProcessVersion) -> list[Problem]:
    where, reference, problems = f"processes.{variant.key}", version.reference, []
    if not any(stage.milestone is found.milestone for stage in version.stages):
        problems.append(
            problem(
                where,
                "{process} has no stage for the milestone {milestone}.",
                process=reference,
                milestone=found.milestone,
            )
        )
    # By its key, as events that name it are read.
    return problems + [
        problem(
            where,
            "{process} has no action {action}, by which the test tells what was followed.",
            process=reference,
            action=key,
        )
        for key in variant.defining_actions
        if all(each.key != key for stage in version.stages for each in stage.actions)
    ]
