"""Decisions that wait for a second person: those that go against what the report advises."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.decision import Choice, Decision, Ruling, check_ruling, decide
from experiments.experiment import Experiment, Variant
from experiments.problem import Refused, problem
from experiments.report import Report
from experiments.store.columns import Entity, Word
from experiments.users import User
from experiments.verdict import RECOMMENDED


class Proposal(Entity):
    """What one person would decide; it becomes a decision when another agrees."""

    __tablename__ = "proposals"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    choice: Mapped[Choice] = mapped_column(Word(Choice))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variants.id"))
    recommended: Mapped[Choice | None] = mapped_column(Word(Choice))
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    by: Mapped[User | None] = relationship()
    variant: Mapped[Variant | None] = relationship()


def proposal_on(session: Session, found: Experiment) -> Proposal | None:
    """The decision that waits for a second person, if there is one."""
    return session.get(Proposal, found.id)


def ruling_on(report: Report, choice: Choice, *, variant: str | None, reason: str) -> Ruling:
    """What somebody decides, beside what the report advises."""
    advised = RECOMMENDED[report.verdict]
    # Of several that are advised, the one chosen is as good as any.
    recommended = choice if choice in advised else next(iter(advised), None)
    return Ruling(choice, reason, ready=report.ready, variant=variant, recommended=recommended)


def settle(
    session: Session, found: Experiment, ruling: Ruling, *, by: User | None, now: datetime
) -> Decision | Proposal:
    """Decide where the report advises it; otherwise let it wait for a second person.

    A proposal that was waiting gives way.

    Raises:
        Refused: by `check_ruling`.
    """
    check_ruling(found, ruling)
    _drop(session, found)
    if not ruling.against_advice:
        return decide(session, found, ruling, by=by, now=now)
    waiting = Proposal(experiment_id=found.id, choice=ruling.choice, at=now)
    waiting.variant, waiting.recommended = ruling.adopted(found), ruling.recommended
    waiting.reason, waiting.by_id = ruling.reason.strip(), by.id if by else None
    session.add(waiting)
    audit.record(session, "proposed", found.key, by=by, now=now, detail=ruling.choice)
    return waiting


def second(
    session: Session, found: Experiment, *, ready: bool, by: User, now: datetime
) -> Decision:
    """Agree with what somebody else proposed, which makes it the decision.

    Raises:
        Refused: where nothing waits, or for whoever proposed it.
    """
    waiting = _waiting(session, found)
    if waiting.by_id == by.id:
        raise Refused(problem("", "Somebody else has to agree with what you propose."))
    ruling = Ruling(
        waiting.choice,
        waiting.reason,
        ready=ready,
        variant=waiting.variant.key if waiting.variant else None,
        recommended=waiting.recommended,
    )
    taken = decide(session, found, ruling, by=waiting.by, now=now, seconded_by=by)
    _drop(session, found)
    return taken


def withdraw(session: Session, found: Experiment, *, by: User, now: datetime) -> None:
    """Take a proposal back, one's own or another's. Raises Refused where nothing waits."""
    waiting = _waiting(session, found)
    audit.record(session, "withdrew", found.key, by=by, now=now, detail=waiting.choice)
    _drop(session, found)


def _waiting(session: Session, found: Experiment) -> Proposal:
    waiting = proposal_on(session, found)
    if waiting is None:
        raise Refused(problem("", "No decision waits for a second person."))
    return waiting


def _drop(session: Session, found: Experiment) -> None:
    waiting = proposal_on(session, found)
    if waiting:
        session.delete(waiting)
        session.flush()
