"""Advice in words, for each way it can come out."""

from __future__ import annotations

import pytest

from experiments.feasibility.advisor import Advice, Option, Risk, Way
from experiments.feasibility.outlook import outlook
from tests.experiments.pasts import believable
from web.advice_text import recommendation, risks_of

SEEN = outlook(believable(8, 20))
LEADS = Option(
    Way.LEADS, weeks=10, total_weeks=18.6, power=0.8, smallest_p=0.0, risks=(Risk.MIXING,)
)
REPS = Option(Way.COMPLETE, weeks=30, total_weeks=38.6, power=0.8, smallest_p=0.001)
NEVER = Option(Way.PAIRED, power=0.3, smallest_p=0.1)


def advice(
    *options: Option, best: Option | None, fastest: Option | None, reach: float | None = None
) -> Advice:
    return Advice(0.05, 0.95, SEEN, options, best, fastest, reach, 100)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            advice(LEADS, REPS, NEVER, best=LEADS, fastest=LEADS),
            "Take “Split each rep's leads”: it finds a difference of +5.0 points 80% of the time"
            " after 10 weeks of new leads, 19 weeks in all. If each rep must keep to one process:"
            " “Split reps by chance”, 39 weeks in all.",
        ),
        (
            advice(LEADS, NEVER, best=LEADS, fastest=LEADS),
            "No way by which each rep keeps to one process finds it within a year.",
        ),
        (
            advice(LEADS, REPS, best=REPS, fastest=LEADS),
            "39 weeks in all. “Split each rep's leads” would take 19 weeks, but risks more.",
        ),
        (advice(REPS, best=REPS, fastest=REPS), "30 weeks of new leads, 39 weeks in all."),
        (
            advice(NEVER, best=None, fastest=None, reach=0.08),
            "No way finds a difference of +5.0 points within a year. The least that the best way"
            " finds in 52 weeks is +8.0 points.",
        ),
        (
            advice(NEVER, best=None, fastest=None),
            "within a year. Not even the largest possible one would be found.",
        ),
    ],
)
def test_the_recommendation_is_a_sentence_or_two(found: Advice, says: str) -> None:
    assert recommendation(found, str).endswith(says)


def test_mixing_two_processes_up_has_its_price_told() -> None:
    assert risks_of(LEADS, str)[1].endswith("by the other one, a year would not do.")
    dearer = Option(Way.LEADS, weeks=1, mixed_weeks=28.6, risks=(Risk.MIXING,))
    assert risks_of(dearer, str)[1].endswith("by the other one, it would take 29 weeks.")
    assert risks_of(NEVER, str) == []
