"""How leads came to reps during a test."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from experiments import report
from experiments.caveats import Caveat
from experiments.counting import RepCount, Window
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.metric import MILESTONES
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.process import Milestone
from experiments.roster import Roster
from experiments.routing import routed, transfers
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER


def counted(running: Experiment, control: list[int], treatment: list[int]) -> list[RepCount]:
    sides = zip(frozen_plan(running).variants, (control, treatment), strict=True)
    none: dict[Milestone, int] = dict.fromkeys(MILESTONES, 0)
    return [
        RepCount(variant.id, 100 * side + at, leads, leads, 0, none)
        for side, (variant, each) in enumerate(sides)
        for at, leads in enumerate(each)
    ]


@pytest.mark.parametrize(
    ("treatment", "ratio"),
    [
        ([20, 21, 19, 20], None),
        ([26, 25, 27, 25], 1.2875),  # over 1.25
        ([15, 15, 14, 16], 0.75),
        ([23, 23, 23, 23], 1.15),  # by p
        ([0, 0, 0, 0], None),
    ],
)
def test_reps_of_a_variant_who_get_other_numbers_of_leads_are_told(
    running: Experiment, treatment: list[int], ratio: float | None
) -> None:
    found = routed(Roster(frozen_plan(running)), counted(running, [20, 21, 19, 20], treatment))
    assert [each.leads.ratio for each in found if each.uneven] == pytest.approx(
        [ratio] if ratio else []
    )


def test_a_rep_without_any_lead_counts_as_none(running: Experiment) -> None:
    plan = frozen_plan(running)
    # Without the idle rep the ratio would be 1.35.
    (even,) = routed(Roster(plan), counted(running, [20, 21, 19, 20], [26, 27, 28]))
    assert not even.uneven
    (found,) = routed(Roster(plan), counted(running, [10, 10, 10, 10], [10, 10, 11]))
    assert found.uneven
    assert found.leads.ratio == pytest.approx(31 / 40)


def test_leads_that_change_to_the_other_variant_are_counted_once(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    split = assignments(session, running)
    mine = reps[0].external_id
    other = next(each.external_id for each in reps if split[each.external_id] != split[mine])
    same = next(each.external_id for each in reps[1:] if split[each.external_id] == split[mine])
    events = [tell(f"L{n}", day=1, type="created", owner_id=mine) for n in range(3)]
    moved = tell("L0", day=3, type="owner_changed", owner_id=other)
    again = tell("L0", day=4, type="owner_changed", owner_id=other)
    within = tell("L1", day=3, type="owner_changed", owner_id=same)
    mistaken = tell("L2", day=3, type="owner_changed", owner_id=other)
    ingest_events(session, [*events, moved, again, within, mistaken], now=LATER)
    window = Window(running.id, running.horizon_days, LATER, LATER)
    assert transfers(session, window) == 2
    undone = tell("L2", day=4, type="voided", voids=mistaken["source_id"])
    ingest_events(session, [undone], now=LATER)
    assert transfers(session, window) == 1
    told = {note.caveat: note.values for note in report.build(session, running, now=LATER).notes}
    assert told[Caveat.TRANSFERS] == {"leads": 1}
