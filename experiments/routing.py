"""How leads came to reps during a test: evenly, and to stay, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from analysis import checks
from analysis.checks import Contrast
from analysis.sufficient import Floats
from experiments.counting import RepCount, Window
from experiments.enrolment import Assignment, Enrolment, counted_in
from experiments.events import Event
from experiments.people import Rep
from experiments.plan import PlannedVariant
from experiments.roster import Roster


@dataclass(frozen=True, slots=True)
class Routed:
    """A treatment's leads per rep beside the control's."""

    variant: PlannedVariant
    leads: Contrast

    @property
    def uneven(self) -> bool:
        """Whether chance hardly gives one variant's reps so many more leads."""
        return checks.uneven(self.leads)


def routed(roster: Roster, counts: Sequence[RepCount]) -> list[Routed]:
    """How many leads each treatment's reps got beside the control's, reps being split.

    Chance alone rarely makes them differ much; a router or a rep who picks leads does, and then
    the variants' leads are not alike.
    """
    plan = roster.plan
    sizes = {variant.id: size for variant, size in zip(plan.variants, roster.sizes, strict=True)}
    control = _per_rep(plan.control, sizes, counts)
    return [
        Routed(variant, checks.by_unit(control, _per_rep(variant, sizes, counts)))
        for variant in plan.treatments
    ]


def transfers(session: Session, window: Window) -> int:
    """Enrolled leads that a rep of another variant owned later; they count where they enrolled."""
    voiding = aliased(Event)
    voided = and_(voiding.voids_id == Event.id, voiding.recorded_at <= window.as_of)
    wanted = (
        select(func.count(Enrolment.lead_id.distinct()))
        .join(Event, Event.lead_id == Enrolment.lead_id)
        .join(Rep, Rep.id == Event.owner_id)
        .join(
            Assignment,
            (Assignment.unit == Rep.external_id)
            & (Assignment.experiment_id == Enrolment.experiment_id),
        )
        .outerjoin(voiding, voided)
        .where(
            *counted_in(window),
            Event.occurred_at > Enrolment.enrolled_at,
            Event.recorded_at <= window.as_of,
            Assignment.variant_id != Enrolment.variant_id,
            voiding.id.is_(None),
        )
    )
    return session.scalar(wanted) or 0


def _per_rep(variant: PlannedVariant, sizes: dict[int, int], counts: Sequence[RepCount]) -> Floats:
    """Leads of each of a variant's reps, those without any among them."""
    mine = [row.enrolled for row in counts if row.variant_id == variant.id]
    idle = max(sizes[variant.id] - len(mine), 0)
    return np.array([*mine, *[0] * idle], dtype=np.float64)
