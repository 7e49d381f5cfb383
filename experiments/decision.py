"""What a person decided about an experiment, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit, process
from experiments.experiment import Experiment, Variant
from experiments.problem import Refused, problem
from experiments.store.columns import Entity, Word
from experiments.users import User


class Choice(StrEnum):
    """The decisions there are."""

    ADOPT = "adopt"
    KEEP = "keep"
    RUN_AGAIN = "run_again"
    INCONCLUSIVE = "inconclusive"


class Decision(Entity):
    """One decision; `variant` is the one adopted. `recommended` is what the report advised."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), unique=True)
    choice: Mapped[Choice] = mapped_column(Word(Choice))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variants.id"))
    recommended: Mapped[Choice | None] = mapped_column(Word(Choice))
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seconded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    by: Mapped[User | None] = relationship(foreign_keys=by_id)
    seconded_by: Mapped[User | None] = relationship(foreign_keys=seconded_by_id)
    variant: Mapped[Variant | None] = relationship()


def decision_on(session: Session, found: Experiment) -> Decision | None:
    """The decision on an experiment, if one was taken."""
    return session.scalar(select(Decision).where(Decision.experiment_id == found.id))


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides, and what the report advised at that moment.

    Attributes:
        ready: Whether the test is over, or a planned look has shown enough.
        variant: The key of the variant to adopt; None for the other choices.
    """

    choice: Choice
    reason: str
    ready: bool
    variant: str | None = None
    recommended: Choice | None = None

    @property
    def against_advice(self) -> bool:
        """Whether it takes a second person: it is not what the report advises.

        Where the report advises nothing, as its figures cannot be trusted, adopting does.
        """
        if self.recommended is None:
            return self.choice is Choice.ADOPT
        return self.choice is not self.recommended

    def adopted(self, found: Experiment) -> Variant | None:
        """The variant to adopt. Raises Refused where none is named, or the control."""
        if self.choice is not Choice.ADOPT:
            return None
        for variant in found.variants:
            if variant.key == self.variant and not variant.is_control:
                return variant
        raise Refused(problem("variant", "Choose the variant to adopt."))


def check_ruling(found: Experiment, ruling: Ruling) -> None:
    """Refuse what cannot be decided: before the test is measured, without a reason, or a wrong
    variant. Raises Refused."""
    if not ruling.ready:
        raise Refused(problem("choice", "A decision can be taken once the test is measured."))
    if not ruling.reason.strip():
        raise Refused(problem("reason", "Write down why, for those who ask later."))
    ruling.adopted(found)


def decide(
    session: Session,
    found: Experiment,
    ruling: Ruling,
    *,
    by: User | None,
    now: datetime,
    seconded_by: User | None = None,
) -> Decision:
    """Write a decision down; adopting makes the variant's process its segment's standing one.

    Raises:
        Refused: by `check_ruling`, and against advice without a second person.
    """
    check_ruling(found, ruling)
    if ruling.against_advice and seconded_by is None:
        text = "The report advises otherwise: a second person has to agree."
        raise Refused(problem("choice", text))
    adopted = ruling.adopted(found)
    taken = Decision(experiment_id=found.id, choice=ruling.choice, variant=adopted, at=now)
    taken.recommended, taken.reason = ruling.recommended, ruling.reason.strip()
    taken.by_id = by.id if by else None
    taken.seconded_by_id = seconded_by.id if seconded_by else None
    found.decided_at = now
    session.add(taken)
    if adopted and adopted.version:
        process.adopt(session, adopted.version.process.segment, adopted.version, now=now)
    session.flush()
    audit.record(session, "decided", found.key, by=seconded_by or by, now=now, detail=taken.choice)
    return taken
