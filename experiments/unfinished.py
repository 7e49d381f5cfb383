"""Plans that somebody is still writing: what was typed so far, left and taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experiments.problem import NotFound, Refused, problem
from experiments.store.columns import Entity, Json
from experiments.users import User

Typed = Mapping[str, Sequence[str]]
"""The values of each field, as a browser sends them; checked by nobody yet."""

MOST = 30
# All fields together; every rep of a large company by name is a tenth of it.
LARGEST = 1_000_000


class UnfinishedPlan(Entity):
    """What one person has typed of a plan.

    `step` is the word for where they go on; `passed` are those of the steps that were in order
    when they were left.
    """

    __tablename__ = "unfinished_plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    typed: Mapped[dict[str, list[str]]] = mapped_column(Json)
    step: Mapped[str] = mapped_column(String(24))
    passed: Mapped[list[str]] = mapped_column(Json)
    begun_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def name(self) -> str:
        """What the plan is called; empty while it is not."""
        return next(iter(self.typed.get("name", ())), "").strip()


def begin(session: Session, *, by: User, now: datetime) -> UnfinishedPlan:
    """A plan of which nothing is typed yet. Raises Refused for one too many."""
    held = select(func.count(UnfinishedPlan.id)).where(UnfinishedPlan.owner_id == by.id)
    if (session.scalar(held) or 0) >= MOST:
        raise Refused(
            problem("", "You have {most} unfinished plans: discard one first.", most=MOST)
        )
    plan = UnfinishedPlan(owner_id=by.id, typed={}, step="", passed=[], begun_at=now)
    plan.updated_at = now
    session.add(plan)
    session.flush()
    return plan


def keep(
    session: Session,
    plan: UnfinishedPlan,
    typed: Typed,
    *,
    step: str,
    passed: Iterable[str],
    now: datetime,
) -> None:
    """Keep what was typed in place of what was before. Raises Refused for far too much."""
    if sum(len(value) for values in typed.values() for value in values) > LARGEST:
        raise Refused(problem("", "This is more than a plan can hold."))
    plan.typed = {name: list(values) for name, values in typed.items()}
    plan.step, plan.passed, plan.updated_at = step, sorted(passed), now
    session.flush()


def unfinished(session: Session, plan_id: int, *, by: User) -> UnfinishedPlan:
    """The unfinished plan of this person with that id. Raises NotFound, for another's too."""
    mine = (UnfinishedPlan.id == plan_id, UnfinishedPlan.owner_id == by.id)
    found = session.scalar(select(UnfinishedPlan).where(*mine))
    if found is None:
        raise NotFound("unfinished plan", plan_id)
    return found


def unfinished_of(session: Session, by: User) -> list[UnfinishedPlan]:
    """All that this person has begun, the latest first."""
    wanted = select(UnfinishedPlan).where(UnfinishedPlan.owner_id == by.id)
    latest = wanted.order_by(UnfinishedPlan.updated_at.desc(), UnfinishedPlan.id.desc())
    return list(session.scalars(latest))


def discard(session: Session, plan: UnfinishedPlan) -> None:
    """Forget a plan: it was thrown away, or has become a draft."""
    session.delete(plan)
    session.flush()
