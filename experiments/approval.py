"""A second person's approval of a plan, where the company asks for one before a launch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.company import the_company
from experiments.experiment import Experiment
from experiments.experiment_draft import draft_of
from experiments.plan import hash_of
from experiments.problem import Problem, Refused, problem
from experiments.store.columns import Entity
from experiments.users import User


class Approval(Entity):
    """Somebody's consent to a draft as it stood; whoever changes it later asks again."""

    __tablename__ = "approvals"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    draft_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by: Mapped[User] = relationship()


def approvals(session: Session, found: Experiment) -> list[Approval]:
    """Who has approved the draft as it stands now, earliest first."""
    wanted = select(Approval).where(
        Approval.experiment_id == found.id, Approval.draft_hash == _draft_hash(session, found)
    )
    return list(session.scalars(wanted.order_by(Approval.at)))


def approve(session: Session, found: Experiment, *, by: User, now: datetime) -> None:
    """Consent to the draft as it stands.

    Raises:
        Refused: after the launch, when there is nothing left to consent to.
    """
    if found.launched_at:
        raise Refused(problem("status", "The experiment was launched already."))
    session.merge(
        Approval(
            experiment_id=found.id, by_id=by.id, draft_hash=_draft_hash(session, found), at=now
        )
    )
    session.flush()
    audit.record(session, "approved", found.key, by=by, now=now)


def approval_problems(session: Session, found: Experiment, by: User | None) -> list[Problem]:
    """Why this person may not launch the draft: nobody else has approved it; empty otherwise.

    Args:
        by: Who would launch; None for the command line, whose launches anybody may have approved.
    """
    if not the_company(session).second_approval:
        return []
    if any(by is None or each.by_id != by.id for each in approvals(session, found)):
        return []
    return [problem("", "A second person has to approve the plan as it stands.")]


def _draft_hash(session: Session, found: Experiment) -> str:
    return hash_of(draft_of(session, found).model_dump_json())
