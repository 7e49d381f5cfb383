"""From which moment a report looks: now, or a planned look that was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from analysis.planned_looks import LookPlan
from experiments.counting import Window, count
from experiments.experiment import Experiment, Status
from experiments.looks import Look, PlannedLook, looks_taken, planned_looks
from experiments.opening import EarlyOpening
from experiments.plan import Plan
from experiments.problem import Refused, problem
from experiments.seen import Seen
from experiments.window import window_of


@dataclass(frozen=True, slots=True)
class LookShown:
    """A planned look; `taken_at` is None until it is taken. The last is the measured test."""

    planned: PlannedLook
    taken_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What a report counts.

    Attributes:
        window: Which leads and events.
        look: The number of the planned look that is shown; None for the present.
        final: Whether the test is measured and seen as a whole.
        shown: Whether effects may be seen.
        earlier: The looks taken before.
    """

    window: Window
    look: int | None
    final: bool
    shown: bool
    earlier: tuple[Look, ...]


def standpoint(
    session: Session,
    found: Experiment,
    plan: Plan,
    status: Status,
    openings: Sequence[EarlyOpening],
    *,
    through: datetime,
    as_of: datetime,
    look: int | None = None,
) -> Standpoint:
    """Where a report stands.

    Args:
        through: Until when the present data is complete.
        as_of: The present, or when the test was decided.
        look: A planned look that was taken, to be seen again as it was then.
    Raises:
        Refused: for a look that was not taken.
    """
    taken = looks_taken(session, found)
    # A test may be decided at a look, before it is measured.
    at_look = bool(taken) and through < found.measured_at
    final = status is Status.MEASURED or (status is Status.DECIDED and not at_look)
    shown = final or status is Status.STOPPED or bool(openings) or bool(taken)
    chosen = _chosen(taken, look)
    if chosen is None and at_look and status is not Status.STOPPED and not openings:
        chosen = taken[-1]
    if chosen is None:
        window = window_of(found.id, plan, through=through, as_of=as_of)
        return Standpoint(window, None, final, shown, tuple(taken) if final else ())
    window = window_of(found.id, plan, through=chosen.matured_through_at, as_of=chosen.taken_at)
    earlier = tuple(each for each in taken if each.number < chosen.number)
    return Standpoint(window, chosen.number, False, shown, earlier)


def seen_before(session: Session, plan: Plan, point: Standpoint) -> Seen | None:
    """What earlier looks saw; None where the test is judged once."""
    if not point.earlier and point.look is None:
        return None
    shares = {each.number: each.share for each in planned_looks(plan)}
    numbers = [*(each.number for each in point.earlier), point.look or plan.looks]
    counts = tuple(
        count(
            session,
            window_of(
                point.window.experiment_id,
                plan,
                through=each.matured_through_at,
                as_of=each.taken_at,
            ),
            by_account=plan.by_account,
        )
        for each in point.earlier
    )
    return Seen(LookPlan(tuple(shares[each] for each in numbers), plan.spending), counts)


def looks_shown(session: Session, found: Experiment, plan: Plan) -> tuple[LookShown, ...]:
    """Every planned look, taken or not; none where the test has only its end."""
    if plan.looks == 1:
        return ()
    taken = {each.number: each for each in looks_taken(session, found)}
    return tuple(_look_shown(each, taken.get(each.number)) for each in planned_looks(plan))


def _look_shown(planned: PlannedLook, look: Look | None) -> LookShown:
    if look is None:
        return LookShown(planned, None, "")
    return LookShown(planned, look.taken_at, look.by.name if look.by else "")


def _chosen(taken: Sequence[Look], number: int | None) -> Look | None:
    if number is None:
        return None
    for each in taken:
        if each.number == number:
            return each
    raise Refused(problem("look", "Look {number} was not taken.", number=number))
