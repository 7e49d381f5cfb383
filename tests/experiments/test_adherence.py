"""What was followed: planned, counted alike in every variant, and the effect of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.planned_looks import LookPlan
from experiments import experiment_draft, life, process_draft, report
from experiments.adherence import followed
from experiments.check import CheckName, FigureName, State
from experiments.counting import Window, count
from experiments.enrolment import assignments
from experiments.estimating import estimated, reps_of
from experiments.experiment import Experiment, experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan, hash_of
from experiments.problem import Refused
from experiments.process import Milestone
from experiments.report import Report
from experiments.roster import Roster
from experiments.seen import Seen
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world

OTHER: dict[str, Any] = {
    "name": "Demo first",
    "stages": [
        {"name": "New", "milestone": "lead"},
        {"name": "Show", "milestone": "demo", "actions": [{"name": "Live demo", "kind": "demo"}]},
        {
            "name": "Talk",
            "milestone": "proposal",
            "actions": [{"name": "Discovery call", "kind": "call"}],
        },
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}
CALL = {"defining_actions": ["Discovery call"]}


def written(plan: dict[str, Any], **treatment: Any) -> dict[str, Any]:
    control, other = plan["variants"]
    return plan | {"variants": [control, other | treatment]}


def launched(
    session: Session, plan: dict[str, Any], now: datetime, *, seed: int = 7, **more: Any
) -> Experiment:
    found = experiment_draft.create(
        session, experiment_draft.checked(plan | more), by=None, now=now
    )
    life.launch(session, found, seed=seed, by=None, now=now)
    return found


def by_variant(session: Session, found: Experiment) -> list[tuple[int, int]]:
    """Matured leads and those followed up, of the control and the treatment."""
    plan = frozen_plan(found)
    window = Window(found.id, found.horizon_days, complete_through=LATER, as_of=LATER)
    (each,) = followed(session, plan, window)
    return [(each.leads(of.id), each.followed(of.id)) for of in plan.variants]


def one_lead_a_variant(
    session: Session, found: Experiment, reps: list[Rep], tell: Tell
) -> tuple[str, str]:
    """Begins a lead of a control's rep and one of a treatment's; returns their ids."""
    split = assignments(session, found)
    owners = [
        next(rep.external_id for rep in reps if split[rep.external_id] == variant.id)
        for variant in found.variants
    ]
    for lead, owner in zip(("C", "T"), owners, strict=True):
        begun = [tell(lead, day=1, type="created", owner_id=owner), tell(lead, "New", day=1)]
        assert ingest_events(session, begun, now=LATER).rejected == []
    return "C", "T"


def test_a_plan_names_the_actions_that_define_its_treatment(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    found = launched(session, written(plan, **CALL) | {"adherence_floor": 0.7}, now)

    told = frozen_plan(found)

    assert [each.defining_actions for each in told.variants] == [(), ("qualify.discovery-call",)]
    assert (told.adherence_floor, told.missing_limit, told.stale_days) == (0.7, 0.05, 7)
    assert found.plan_hash == hash_of(told.text())
    again = experiment_draft.draft_of(session, found)
    assert again.variants[1].defining_actions == ["qualify.discovery-call"]


def test_a_plan_from_before_reads_as_it_was_and_keeps_its_hash(
    session: Session, running: Experiment
) -> None:
    old = json.loads(running.plan or "")
    for name in ("adherence_floor", "missing_limit", "stale_days"):
        del old[name]
    for variant in old["variants"]:
        del variant["defining_actions"]
    running.plan = json.dumps(old, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    running.plan_hash = hash_of(running.plan)

    told = frozen_plan(running)

    assert isinstance(told, Plan)
    assert (told.missing_limit, told.stale_days) == (0.05, 7)
    read = report.build(session, running, now=LATER)
    assert read.checks[0].name is CheckName.PLAN
    assert read.checks[0].passed
    assert CheckName.ADHERENCE not in {check.name for check in read.checks}


@pytest.mark.parametrize(
    ("variant", "more", "said"),
    [
        (1, {"defining_actions": ["Demo day"]}, "There is no action Demo day"),
        (1, CALL | {"process": ""}, "There is no action Discovery call"),
        (0, CALL, "Name the actions of the treatments"),
    ],
)
def test_an_action_that_is_not_there_is_refused_at_its_field(
    session: Session,
    plan: dict[str, Any],
    now: datetime,
    variant: int,
    more: dict[str, Any],
    said: str,
) -> None:
    variants = [dict(each) for each in plan["variants"]]
    variants[variant] |= more

    with pytest.raises(Refused, match=said) as refusal:
        launched(session, plan | {"variants": variants}, now)

    assert refusal.value.problems[0].where == f"variants.{variant + 1}.defining_actions"


def test_a_lead_was_followed_up_that_received_all_of_them_within_its_horizon(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    process_draft.create(session, process_draft.checked(OTHER), now=now)
    both = {"process": "demo-first", "defining_actions": ["Live demo", "Discovery call"]}
    found = launched(session, written(plan, **both), now)
    _, treated = one_lead_a_variant(session, found, reps, tell)
    assert by_variant(session, found) == [(1, 0), (1, 0)]

    def act(action: str, day: float) -> dict[str, Any]:
        event = tell(treated, day=day, type="action_done", action=action)
        assert ingest_events(session, [event], now=LATER).rejected == []
        return event

    act("Live demo", 2)
    act("Discovery call", 31.1)
    assert by_variant(session, found) == [(1, 0), (1, 0)]  # the second came too late
    mistaken = act("Discovery call", 31)
    assert by_variant(session, found) == [(1, 0), (1, 1)]
    void = tell(treated, day=32, type="voided", voids=mistaken["source_id"])
    ingest_events(session, [void], now=LATER)
    assert by_variant(session, found) == [(1, 0), (1, 0)]


def test_a_control_that_has_the_action_elsewhere_is_measured_alike(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    process_draft.create(session, process_draft.checked(OTHER), now=now)
    # The control has the call in the stage Qualify, the treatment in Talk.
    found = launched(session, written(plan, process="demo-first", **CALL), now)
    control, _ = one_lead_a_variant(session, found, reps, tell)

    event = tell(control, day=2, type="action_done", action="Discovery call")
    ingest_events(session, [event], now=LATER)

    assert by_variant(session, found) == [(1, 1), (1, 0)]


def test_a_control_whose_process_lacks_the_action_is_measured_alike(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    process_draft.create(session, process_draft.checked(OTHER), now=now)
    shown = {"process": "demo-first", "defining_actions": ["show.live-demo"]}
    found = launched(session, written(plan, **shown), now)
    control, _ = one_lead_a_variant(session, found, reps, tell)

    events = [
        tell(control, day=2, type="action_done", action=action)
        for action in ("Live demo", "Lunch")
    ]
    result = ingest_events(session, events, now=LATER)

    assert by_variant(session, found) == [(1, 1), (1, 0)]
    assert [each.index for each in result.rejected] == [1]


def following_world(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    called: dict[str, list[int]],
    **more: Any,
) -> Report:
    """Ten leads a rep, some won; of each variant's reps in order, so many leads are called."""
    found = launched(session, written(plan, **CALL), now, **more)
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, found, reps, tell, wins)
    split = assignments(session, found)
    left = {variant.id: iter(called[variant.key]) for variant in found.variants}
    events = [
        tell(f"{rep.external_id}-{n}", day=3, type="action_done", action="Discovery call")
        for rep in reps
        for n in range(next(left[split[rep.external_id]]))
    ]
    assert ingest_events(session, events, now=LATER).rejected == []
    return report.build(session, found, now=LATER)


def test_the_effect_of_following_is_that_of_being_assigned_over_what_more_was_followed(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    called = {"discovery-first": [1, 0, 2, 1], "demo-first": [9, 8, 7, 8]}

    read = following_world(session, plan, reps, tell, now, called)

    (each,) = read.followed
    assert [each.share(of.id) for of in read.plan.variants] == [0.1, 0.8]
    assert read.primary is not None
    estimates = read.primary.comparisons[0].methods.estimates
    effect = estimates["cace"]
    assert isinstance(effect, Estimate)
    # Wald: 0.7 less 0.2 are won more, 0.8 less 0.1 are followed more.
    assert effect.effect == pytest.approx(0.5 / 0.7)
    assigned = estimates["randomization"]
    assert isinstance(assigned, Estimate)
    assert effect.p == assigned.p
    # Beside the primary only, and at no other milestone.
    others = [row for row in read.rows if row.metric.milestone is not Milestone.WON]
    assert all("cace" not in row.comparisons[0].methods.estimates for row in others)
    assert next(c for c in read.checks if c.name is CheckName.ADHERENCE).passed


def test_where_nothing_more_was_followed_there_is_no_effect_of_it(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    called = {"discovery-first": [2, 2, 2, 2], "demo-first": [1, 2, 3, 2]}

    read = following_world(session, plan, reps, tell, now, called)

    assert read.primary is not None
    effect = read.primary.comparisons[0].methods.estimates["cace"]
    assert effect == NotEstimable(Why.SAME_FOLLOWING)
    check = next(each for each in read.checks if each.name is CheckName.ADHERENCE)
    assert check.state is State.FAILED
    assert not check.prevents
    shares = {each.of: each.value for each in check.figures if each.name is FigureName.FOLLOWED}
    assert shares == {"Discovery first": 0.2, "Demo first": 0.2}


def test_with_hardly_more_followed_the_effect_has_no_bound(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    called = {"discovery-first": [1, 3, 2, 2], "demo-first": [1, 5, 1, 2]}

    read = following_world(session, plan, reps, tell, now, called)

    assert read.primary is not None
    effect = read.primary.comparisons[0].methods.estimates["cace"]
    assert isinstance(effect, Estimate)
    assert None in effect.ci


def test_adherence_is_not_known_before_leads_mature(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = launched(session, written(plan, **CALL), now)
    one_lead_a_variant(session, found, reps, tell)

    read = report.build(session, found, now=now + timedelta(days=3))

    assert next(c for c in read.checks if c.name is CheckName.ADHERENCE).state is State.UNKNOWN


def test_at_planned_looks_no_other_question_is_asked_of_the_same_error_rate(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    called = {"discovery-first": [1, 0, 2, 1], "demo-first": [9, 8, 7, 8]}
    read = following_world(session, plan, reps, tell, now, called)
    found = experiment(session, read.plan.experiment)
    window = Window(found.id, 30, complete_through=LATER, as_of=LATER)
    counts = count(session, window)

    seen = Seen(LookPlan((0.5, 1.0), read.plan.spending), (counts,))
    team = reps_of(session, Roster(read.plan))
    rows = estimated(read.plan, counts, team, seen, followed=read.followed)

    primary = next(row for row in rows if row.primary)
    assert primary.comparisons[0].methods.estimates.keys() == {"group_sequential"}
