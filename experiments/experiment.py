"""Process experiments: their variants, who takes part, and where each is in its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from analysis.sequential import Spending
from assignment.arrivals import JoinRule
from experiments.metric import CATALOGUE
from experiments.people import Rep
from experiments.problem import NotFound
from experiments.process import Milestone, ProcessVersion
from experiments.store.columns import Entity, Json, Word


class Unit(StrEnum):
    """What is split at random."""

    REP = "rep"
    LEAD = "lead"


class SplitDesign(StrEnum):
    """How a team is split; leads are split by hash."""

    COMPLETE = "complete"
    BY_TEAM = "by_team"  # each team by itself
    PAIRED = "paired"  # within pairs of reps who were alike before
    RERANDOMISED = "rerandomised"  # only splits that left the variants alike before
    CROSSOVER = "crossover"  # each rep follows both variants, in an order that is drawn


class Covariate(StrEnum):
    """A value of each rep from before by which the deciding test compares reps who were alike."""

    SHARE = "share"  # of leads that reached the milestone
    LEADS = "leads"  # a week


class Status(StrEnum):
    """Where an experiment is in its life."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    ENROLMENT_CLOSED = "enrolment_closed"
    MEASURED = "measured"
    DECIDED = "decided"
    STOPPED = "stopped"


class Experiment(Entity):
    """A test of competing processes. What was planned freezes in `plan` at launch."""

    __tablename__ = "experiments"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    hypothesis: Mapped[str] = mapped_column(Text)
    unit: Mapped[Unit] = mapped_column(Word(Unit))
    by_account: Mapped[bool] = mapped_column(default=False)
    milestone: Mapped[Milestone] = mapped_column(Word(Milestone))
    # Keys of the catalogue: what decides, and what is told beside it.
    metric: Mapped[str] = mapped_column(String(40))
    secondary: Mapped[list[str]] = mapped_column(Json, default=list)
    horizon_days: Mapped[int]
    level: Mapped[float]
    enrol_from_at: Mapped[datetime]
    enrol_until_at: Mapped[datetime]
    # A rehearsal runs on past data: it checks the data and the method, and proves nothing.
    rehearsal: Mapped[bool] = mapped_column(default=False)
    design: Mapped[SplitDesign] = mapped_column(Word(SplitDesign), default=SplitDesign.COMPLETE)
    # What the deciding test takes account of; None for nothing.
    covariate: Mapped[Covariate | None] = mapped_column(Word(Covariate))
    # Between the periods of a crossover, when nobody enrols.
    washout_days: Mapped[int | None]
    # How somebody who joins a running test of reps gets a variant; None where nobody may.
    join_rule: Mapped[JoinRule | None] = mapped_column(Word(JoinRule))
    # Experiments of one group do not overlap; None for one that may overlap with any.
    exclusion_group: Mapped[str | None] = mapped_column(String(60))
    # What the checks hold the test against; shares are fractions.
    missing_limit: Mapped[float] = mapped_column(default=0.05)
    stale_days: Mapped[int] = mapped_column(default=7)
    adherence_floor: Mapped[float] = mapped_column(default=0.5)
    looks: Mapped[int] = mapped_column(default=1)
    spending: Mapped[Spending] = mapped_column(Word(Spending), default=Spending.OBRIEN_FLEMING)
    # In the company's currency: what a win counts as at most, and one of another currency.
    cap_minor: Mapped[int | None] = mapped_column(BigInteger)
    rates: Mapped[dict[str, float]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    seed: Mapped[int | None] = mapped_column(BigInteger)
    plan: Mapped[str | None] = mapped_column(Text)
    plan_hash: Mapped[str | None] = mapped_column(String(64))
    launched_at: Mapped[datetime | None]
    enrolment_closed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]

    variants: Mapped[list[Variant]] = relationship(
        back_populates="experiment", order_by="Variant.position", cascade="all, delete-orphan"
    )
    participants: Mapped[list[Rep]] = relationship(
        secondary="participants", order_by="Rep.external_id"
    )
    pauses: Mapped[list[Pause]] = relationship(order_by="Pause.from_at")
    guardrails: Mapped[list[Guardrail]] = relationship(cascade="all, delete-orphan")

    @property
    def values_wins(self) -> bool:
        """Whether a metric that it names needs to know what a win is worth."""
        named = [self.metric, *self.secondary, *(each.metric for each in self.guardrails)]
        return any(CATALOGUE[each].is_money for each in named)

    @property
    def enrolment_end_at(self) -> datetime:
        """When enrolment closes, or closed: as planned, or earlier by hand."""
        ends = [self.enrol_until_at, self.enrolment_closed_at, self.stopped_at]
        return min(each for each in ends if each)

    @property
    def measured_at(self) -> datetime:
        """When the last lead that may enrol has matured."""
        return self.enrolment_end_at + timedelta(days=self.horizon_days)

    @property
    def paused(self) -> bool:
        """Whether a pause is open."""
        return any(pause.until_at is None for pause in self.pauses)

    @property
    def control(self) -> Variant:
        """The variant that the others are compared with."""
        return next(variant for variant in self.variants if variant.is_control)


class Variant(Entity):
    """One of the competing processes of an experiment."""

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("experiment_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), index=True)
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("process_versions.id"))
    is_control: Mapped[bool]
    weight: Mapped[float]
    experiment: Mapped[Experiment] = relationship(back_populates="variants")
    version: Mapped[ProcessVersion | None] = relationship()
    defining: Mapped[list[DefiningAction]] = relationship(
        order_by="DefiningAction.key", cascade="all, delete-orphan"
    )

    @property
    def defining_actions(self) -> list[str]:
        """Keys of the actions of its process that a lead must receive to have been followed up."""
        return [each.key for each in self.defining]


class DefiningAction(Entity):
    """An action, by its key, without which a treatment was not followed."""

    __tablename__ = "defining_actions"

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)


class Participant(Entity):
    """A rep who takes part in an experiment."""

    __tablename__ = "participants"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"), primary_key=True)


class Guardrail(Entity):
    """What must not get worse: a metric of the catalogue, by a margin at most."""

    __tablename__ = "guardrails"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(String(40), primary_key=True)
    margin: Mapped[float]  # of a share as a fraction: 0.02 is two points; of a value, minor units


class Pause(Entity):
    """A time during which no lead enrols."""

    __tablename__ = "pauses"

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


_PARTS = (
    selectinload(Experiment.variants).selectinload(Variant.version),
    selectinload(Experiment.variants).selectinload(Variant.defining),
    selectinload(Experiment.participants),
    selectinload(Experiment.pauses),
    selectinload(Experiment.guardrails),
)


def experiments(session: Session) -> list[Experiment]:
    """Every experiment, newest first."""
    wanted = select(Experiment).order_by(Experiment.created_at.desc(), Experiment.id.desc())
    return list(session.scalars(wanted.options(*_PARTS)))


def experiment(session: Session, key: str, *, whole: bool = True) -> Experiment:
    """The experiment with that key. Raises NotFound.

    Args:
        whole: Whether its parts are wanted at once.
    """
    wanted = select(Experiment).where(Experiment.key == key)
    found = session.scalar(wanted.options(*_PARTS) if whole else wanted)
    if found is None:
        raise NotFound("experiment", key)
    return found


def launched(session: Session, *, whole: bool = True) -> list[Experiment]:
    """Those that were launched and neither stopped nor decided: they may still enrol.

    Args:
        whole: Whether their parts are wanted at once. A delivery needs few of them, and asks
            each time.
    """
    wanted = select(Experiment).where(
        Experiment.launched_at.is_not(None),
        Experiment.stopped_at.is_(None),
        Experiment.decided_at.is_(None),
    )
    parts = _PARTS if whole else ()
    return list(session.scalars(wanted.order_by(Experiment.id).options(*parts)))


def status(found: Experiment, *, now: datetime, complete_through: datetime) -> Status:
    """Where an experiment is in its life.

    It follows from what was done and from the calendar, so that no job has to advance it.

    Args:
        now: The clock.
        complete_through: The moment through which the sources' data is complete.
    """
    if found.launched_at is None:
        return Status.DRAFT
    if found.decided_at:
        return Status.DECIDED
    if found.stopped_at:
        return Status.STOPPED
    if complete_through >= found.measured_at:
        return Status.MEASURED
    if now >= found.enrolment_end_at:
        return Status.ENROLMENT_CLOSED
    return Status.PAUSED if found.paused else Status.RUNNING
