"""Milestones beside the primary, corrected for each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from analysis.max_t import step_down_max_t
from analysis.multiplicity import holm
from experiments import experiment_draft, life, report
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.process import Milestone
from experiments.report_export import as_json
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER

DEMOS, OFFERS = [9, 4, 6, 8, 3, 5, 7, 2], [3, 2, 1, 5, 2, 4, 6, 0]


def told(session: Session, reps: list[Rep], tell: Tell) -> None:
    """Ten leads a rep; some of them see a demo, fewer an offer, and one is won."""
    events: list[dict[str, Any]] = []
    for rep, demos, offers in zip(reps, DEMOS, OFFERS, strict=True):
        for n in range(10):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            stages = ["Demo"] * (n < demos) + ["Offer"] * (n < offers) + ["Won"] * (n == 0)
            events += [tell(lead, stage, day=3 + at) for at, stage in enumerate(stages)]
    assert ingest_events(session, events, now=LATER).rejected == []


def test_split_reps_are_corrected_over_the_same_redraws(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told(session, reps, tell)
    found = report.build(session, running, now=LATER)
    split = assignments(session, running)
    treated = np.array([split[rep.external_id] == running.variants[1].id for rep in reps])
    every = np.array(
        [[bool(bits >> at & 1) for at in range(8)] for bits in range(256) if bits.bit_count() == 4]
    )
    rates = np.array([DEMOS, OFFERS]) / 10
    expected = step_down_max_t(rates, treated, every, exact=True)
    beside = {row.milestone: row.comparisons[0].family_p for row in found.rows}
    assert beside[Milestone.DEMO] == pytest.approx(expected[0])
    assert beside[Milestone.PROPOSAL] == pytest.approx(expected[1])
    # Nobody was told of a qualification, and the primary has a p-value of its own.
    assert beside[Milestone.QUALIFIED] is None
    assert beside[Milestone.WON] is None
    written = {row["milestone"]: row["comparisons"][0] for row in as_json(found)["milestones"]}
    assert written["demo"]["family_p"] == pytest.approx(expected[0])
    assert "family_p" not in written["won"]


def test_split_leads_are_corrected_by_holm(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    told(session, reps, tell)
    read = report.build(session, found, now=LATER)
    rows = {row.milestone: row.comparisons[0] for row in read.rows if not row.primary}
    alone = {each: row.result.p for each, row in rows.items() if isinstance(row.result, Estimate)}
    assert len(alone) >= 2
    corrected = dict(zip(alone, holm(list(alone.values())), strict=True))
    assert {each: rows[each].family_p for each in alone} == pytest.approx(corrected)


def test_a_variant_of_one_rep_has_no_family(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"teams": [], "reps": ["Rep 1", "Rep 2", "Rep 3"]})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    told(session, reps, tell)
    read = report.build(session, found, now=LATER)
    assert all(row.comparisons[0].family_p is None for row in read.rows)
