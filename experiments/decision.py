"""What a person decided about an experiment, and why."""

from __future__ import annotations

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
    at: Mapped[datetime]
    by: Mapped[User | None] = relationship()
    variant: Mapped[Variant | None] = relationship()


def decision_on(session: Session, found: Experiment) -> Decision | None:
    """The decision on an experiment, if one was taken."""
    return session.scalar(select(Decision).where(Decision.experiment_id == found.id))


def decide(
    session: Session,
    found: Experiment,
    choice: Choice,
    *,
    ready: bool,
    variant: str | None,
    recommended: Choice | None,
    reason: str,
    by: User | None,
    now: datetime,
) -> Decision:
    """Write a decision down; adopting makes the variant's process its segment's standing one.

    Args:
        ready: Whether the test is over, or a planned look has shown enough.
        variant: The key of the variant to adopt; None for the other choices.
        recommended: What the report advised at this moment.
    Raises:
        Refused: before the experiment is measured, without a reason, or for a wrong variant.
    """
    if not ready:
        raise Refused(problem("choice", "A decision can be taken once the test is measured."))
    if not reason.strip():
        raise Refused(problem("reason", "Write down why, for those who ask later."))
    adopted = _adopted(found, choice, variant)
    taken = Decision(experiment_id=found.id, choice=choice, variant=adopted, at=now)
    taken.recommended, taken.reason = recommended, reason.strip()
    taken.by_id = by.id if by else None
    found.decided_at = now
    session.add(taken)
    if adopted and adopted.version:
        process.adopt(session, adopted.version.process.segment, adopted.version, now=now)
    session.flush()
    audit.record(session, "decided", found.key, by=by, now=now, detail=choice)
    return taken


def _adopted(found: Experiment, choice: Choice, key: str | None) -> Variant | None:
    if choice is not Choice.ADOPT:
        return None
    for variant in found.variants:
        if variant.key == key and not variant.is_control:
            return variant
    raise Refused(problem("variant", "Choose the variant to adopt."))
