"""What a difference comes to in a quarter: by the report, in its page, and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from analysis.comparison import Comparison as Methods
from analysis.estimate import NotEstimable, Result, Why
from experiments import report
from experiments.comparing import Comparison, Group, Row
from experiments.consequence import consequences
from experiments.experiment import Experiment
from experiments.metric import CATALOGUE
from experiments.report import Report
from experiments.users import Role
from experiments.valuation import Valuation
from experiments.verdict import Verdict
from tests.experiments.worlds import LATER
from tests.web.conftest import SignIn
from tests.web.test_wording import CONTROL, NOW, TREATMENT, WORDS, estimate, told
from web.wording import plain


def in_ten_weeks(result: Result, metric: str = "won") -> Report:
    """A report on 140 leads that enrolled in ten weeks: 182 in the thirteen of a quarter."""
    made = told(Verdict.CANNOT_DECIDE, result)
    comparison = Comparison(TREATMENT, Methods("randomization", {"randomization": result}))
    return replace(
        made,
        plan=replace(
            made.plan,
            metric=metric,
            valuation=Valuation("EUR", None, {}, 0.0),
            enrol_from_at=(NOW - timedelta(days=70)).isoformat(),
        ),
        # Nobody enrolled before the day that was planned.
        launched_at=NOW - timedelta(days=100),
        measured_at=NOW + timedelta(days=60),
        groups=(Group(CONTROL, 3, 80, 0, 0, {}, {}), Group(TREATMENT, 3, 60, 0, 0, {}, {})),
        rows=(Row(CATALOGUE[metric], True, (comparison,)),),
    )


@pytest.mark.parametrize(
    ("metric", "result", "says"),
    [
        ("won", estimate(0.1, -0.01, 0.2), "18 more deals a quarter for this team (−2 to +36)."),
        ("won", estimate(-0.1, None, 0.0), "18 fewer deals a quarter for this team (0 or less)."),
        ("demo", estimate(0.5, 0.1, None), "91 more leads a quarter at “Demo or trial” (+18 or"),
        ("value_per_lead", estimate(-1000.0, -2000.0, 0.0), "€1,820 less a quarter for this team"),
    ],
)
def test_a_difference_is_told_as_what_it_comes_to(metric: str, result: Result, says: str) -> None:
    sentence, basis = map(plain, WORDS.consequence(in_ten_weeks(result, metric)))
    assert sentence.startswith(f"About {says}")
    assert basis == "Reckoned at 182 leads a quarter, as many as enrolled during the test."


def test_nothing_is_told_where_it_is_not_known() -> None:
    known = in_ten_weeks(estimate(0.1, 0.0, 0.2))
    assert WORDS.consequence(in_ten_weeks(NotEstimable(Why.TOO_FEW_REPS))) == []
    assert WORDS.consequence(replace(known, launched_at=NOW - timedelta(days=13))) == []
    assert WORDS.consequence(replace(known, plan=replace(known.plan, rehearsal=True))) == []


def test_of_several_treatments_each_is_named() -> None:
    known = in_ten_weeks(estimate(0.1, 0.0, 0.2))
    third = replace(TREATMENT, id=3, key="third", name="Third")
    several = replace(known, plan=replace(known.plan, variants=(CONTROL, TREATMENT, third)))
    assert plain(WORDS.consequence(several)[0]).startswith("Demo first: About 18 more deals")


def test_page_and_api_tell_the_same(
    session: Session, measured: Experiment, sign_in: SignIn
) -> None:
    (found,) = consequences(report.build(session, measured, now=LATER))
    # 80 leads in 60 days, less the nine hours before the launch, and Berlin is ahead of UTC.
    assert found.leads == pytest.approx(80 * 91 / (60 - 11 / 24), rel=0.01)
    manager, address = sign_in(Role.MANAGER), f"/experiments/{measured.key}"
    (in_json,) = manager.get(f"{address}/report.json").json()["consequences"]
    assert in_json["amount"] == pytest.approx(found.leads * 0.5)
    assert f"About <b>{round(found.amount)} more deals a quarter</b>" in manager.get(address).text
