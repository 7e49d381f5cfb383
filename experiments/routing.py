"""How leads came to reps during a test: evenly, and to stay, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from analysis.estimate import Estimate
from analysis.rep_level import rep_welch
from experiments.counting import RepCount
from experiments.enrolment import Assignment, Enrolment
from experiments.events import Event
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.plan import PlannedVariant
from experiments.roster import Roster

# Leads per rep are held against each other at this error rate, and at this ratio.
UNEVEN_ALPHA = 0.01
UNEVEN_RATIO = 1.25


@dataclass(frozen=True, slots=True)
class Uneven:
    """A treatment whose reps enrolled more or fewer leads than the control's: so many times."""

    variant: PlannedVariant
    ratio: float


def uneven(roster: Roster, counts: Sequence[RepCount]) -> list[Uneven]:
    """Treatments whose reps got other numbers of leads than the control's, reps being split.

    Chance alone rarely does that; a router or a rep who picks leads does, and then the variants'
    leads are not alike.
    """
    plan = roster.plan
    sizes = {variant.id: size for variant, size in zip(plan.variants, roster.sizes, strict=True)}
    control = _per_rep(plan.control, sizes, counts)
    found = []
    for variant in plan.treatments:
        mine = _per_rep(variant, sizes, counts)
        if control.sum() == 0 or mine.sum() == 0:
            continue
        ratio = float(mine.mean() / control.mean())
        treated = np.arange(len(control) + len(mine)) >= len(control)
        result = rep_welch(np.concatenate([control, mine]), treated)
        differs = isinstance(result, Estimate) and result.p < UNEVEN_ALPHA
        if differs or max(ratio, 1 / ratio) > UNEVEN_RATIO:
            found.append(Uneven(variant, ratio))
    return found


def transfers(session: Session, found: Experiment) -> int:
    """Enrolled leads that a rep of another variant owned later; they count where they enrolled."""
    voiding = aliased(Event)
    wanted = (
        select(func.count(Enrolment.lead_id.distinct()))
        .join(Event, Event.lead_id == Enrolment.lead_id)
        .join(Rep, Rep.id == Event.owner_id)
        .join(
            Assignment,
            (Assignment.unit == Rep.external_id)
            & (Assignment.experiment_id == Enrolment.experiment_id),
        )
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(
            Enrolment.experiment_id == found.id,
            Event.occurred_at > Enrolment.enrolled_at,
            Assignment.variant_id != Enrolment.variant_id,
            voiding.id.is_(None),
        )
    )
    return session.scalar(wanted) or 0


def _per_rep(
    variant: PlannedVariant, sizes: dict[int, int], counts: Sequence[RepCount]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Leads of each of a variant's reps, those without any among them."""
    mine = [row.enrolled for row in counts if row.variant_id == variant.id]
    idle = max(sizes[variant.id] - len(mine), 0)
    return np.array([*mine, *[0] * idle], dtype=np.float64)
