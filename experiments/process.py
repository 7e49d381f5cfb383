"""Sales processes: stages, actions and exit criteria, in versions that never change."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from experiments.problem import NotFound, Refused, problem
from experiments.store.columns import Entity, Word


class Milestone(StrEnum):
    """The points that all processes share; variants are compared on them."""

    LEAD = "lead"
    QUALIFIED = "qualified"
    DEMO = "demo"
    PROPOSAL = "proposal"
    WON = "won"


class StageKind(StrEnum):
    """Whether a lead in the stage is still being worked."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ActionKind(StrEnum):
    """What sort of step an action is."""

    CALL = "call"
    EMAIL = "email"
    DEMO = "demo"
    MEETING = "meeting"
    MESSAGE = "message"
    RESEARCH = "research"
    TASK = "task"


class Process(Entity):
    """A way of selling, for a segment (inbound, outbound, a product, a team)."""

    __tablename__ = "processes"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    segment: Mapped[str] = mapped_column(String(60), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    versions: Mapped[list[ProcessVersion]] = relationship(
        back_populates="process", order_by="ProcessVersion.number"
    )

    @property
    def latest(self) -> ProcessVersion:
        """The newest version."""
        return self.versions[-1]


class ProcessVersion(Entity):
    """The stages of a process at one time. A change is a new version, never an update."""

    __tablename__ = "process_versions"
    __table_args__ = (UniqueConstraint("process_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    process_id: Mapped[int] = mapped_column(ForeignKey("processes.id"))
    number: Mapped[int]
    created_at: Mapped[datetime]
    process: Mapped[Process] = relationship(back_populates="versions")
    stages: Mapped[list[Stage]] = relationship(back_populates="version", order_by="Stage.position")

    @property
    def title(self) -> str:
        """The name by which people tell it from others."""
        return f"{self.process.name} · v{self.number}"

    @property
    def reference(self) -> str:
        """What `version_of` finds it by: `key@2`."""
        return f"{self.process.key}@{self.number}"

    def stage(self, word: str) -> Stage | None:
        """The stage with that key or, whatever its case, that name."""
        folded = word.strip().casefold()
        for stage in self.stages:
            if stage.key == word or stage.name.casefold() == folded:
                return stage
        return None

    def action(self, word: str) -> Action | None:
        """The action with that key or name, in any stage."""
        folded = word.strip().casefold()
        for action in (each for stage in self.stages for each in stage.actions):
            if action.key == word or action.name.casefold() == folded:
                return action
        return None


class Stage(Entity):
    """A step of a lead's way; `milestone` says what it means across processes."""

    __tablename__ = "stages"
    __table_args__ = (UniqueConstraint("version_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"), index=True)
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[StageKind] = mapped_column(Word(StageKind))
    milestone: Mapped[Milestone | None] = mapped_column(Word(Milestone))
    purpose: Mapped[str] = mapped_column(Text, default="")
    # A lead that is in it longer stands too long; None where no day is set.
    rotting_days: Mapped[int | None]
    version: Mapped[ProcessVersion] = relationship(back_populates="stages")
    actions: Mapped[list[Action]] = relationship(
        back_populates="stage", order_by="Action.position"
    )
    exit_criteria: Mapped[list[ExitCriterion]] = relationship(
        back_populates="stage", order_by="ExitCriterion.position"
    )


class Action(Entity):
    """A step a rep takes in a stage, with its instructions."""

    __tablename__ = "actions"

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"), index=True)
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ActionKind] = mapped_column(Word(ActionKind))
    instructions: Mapped[str] = mapped_column(Text, default="")
    # Working days after the step before, or the stage's entry; None where there is no hurry.
    after_days: Mapped[int | None]
    stage: Mapped[Stage] = relationship(back_populates="actions")


class ExitCriterion(Entity):
    """What must be true before a lead leaves the stage."""

    __tablename__ = "exit_criteria"

    id: Mapped[int] = mapped_column(primary_key=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(300))
    stage: Mapped[Stage] = relationship(back_populates="exit_criteria")


class StandingProcess(Entity):
    """The version that a segment's teams follow when no experiment says otherwise."""

    __tablename__ = "standing_processes"

    segment: Mapped[str] = mapped_column(String(60), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    since_at: Mapped[datetime]
    version: Mapped[ProcessVersion] = relationship()


# Loads a version with all that a page or an ingest looks at, in one query a level.
WHOLE = (
    selectinload(ProcessVersion.process),
    selectinload(ProcessVersion.stages).selectinload(Stage.actions),
    selectinload(ProcessVersion.stages).selectinload(Stage.exit_criteria),
)


def processes(session: Session) -> list[Process]:
    """Every process with its versions, by name."""
    wanted = select(Process).order_by(Process.name)
    return list(session.scalars(wanted.options(selectinload(Process.versions))))


def process(session: Session, key: str) -> Process:
    """The process with that key. Raises NotFound."""
    found = session.scalar(select(Process).where(Process.key == key))
    if found is None:
        raise NotFound("process", key)
    return found


def versions(session: Session) -> list[ProcessVersion]:
    """Every version, newest first within its process; what a variant may follow."""
    wanted = select(ProcessVersion).join(Process)
    return list(
        session.scalars(
            wanted.order_by(Process.name, ProcessVersion.number.desc()).options(*WHOLE)
        )
    )


def version(session: Session, version_id: int) -> ProcessVersion:
    """The version with its stages, actions and criteria. Raises NotFound."""
    found = session.get(ProcessVersion, version_id, options=WHOLE)
    if found is None:
        raise NotFound("process version", version_id)
    return found


def version_of(session: Session, reference: str) -> ProcessVersion:
    """The version that `key` (the newest) or `key@2` means. Raises NotFound."""
    key, _, number = reference.partition("@")
    of_process = process(session, key)
    for each in reversed(of_process.versions):
        if not number or str(each.number) == number:
            return version(session, each.id)
    raise NotFound("process version", reference)


def segments(session: Session) -> list[str]:
    """Every segment that a process is for."""
    wanted = select(Process.segment).distinct().order_by(Process.segment)
    return [each for each in session.scalars(wanted) if each]


def adopt(session: Session, segment: str, adopted: ProcessVersion, *, now: datetime) -> None:
    """Make a version the standing process of a segment."""
    standing = session.get(StandingProcess, segment)
    if standing is None:
        standing = StandingProcess(segment=segment)
        session.add(standing)
    standing.version, standing.since_at = adopted, now
    session.flush()


def standing_version_id(session: Session, segment: str) -> int | None:
    """The id of the version that a segment follows; the only one there is where there is one."""
    found = session.get(StandingProcess, segment)
    if found:
        return found.version_id
    newest = select(func.max(ProcessVersion.id)).group_by(ProcessVersion.process_id)
    ids = list(session.scalars(newest.limit(2)))
    return ids[0] if len(ids) == 1 else None


def refuse_taken_key(session: Session, key: str) -> None:
    """Raise Refused when a process has that key."""
    if session.scalar(select(Process.id).where(Process.key == key)):
        raise Refused(problem("key", "There is a process {key} already.", key=key))
