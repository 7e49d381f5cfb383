"""What was followed, and what following brings: on the page, by API and on the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_adherence import following_world
from tests.experiments.worlds import LATER
from tests.web.conftest import Clock, SignIn
from web.templating import reader_for
from web.wording import Words, plain

MORE = {"discovery-first": [1, 0, 2, 1], "demo-first": [9, 8, 7, 8]}
HARDLY = {"discovery-first": [1, 3, 2, 2], "demo-first": [1, 5, 1, 2]}
AS_OFTEN = {"discovery-first": [2, 2, 2, 2], "demo-first": [1, 2, 3, 2]}


def test_page_and_api_tell_the_same_of_what_was_followed(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    sign_in: SignIn,
) -> None:
    read = following_world(session, plan, reps, tell, clock.now, MORE)
    clock.now = LATER
    manager = sign_in(Role.MANAGER)

    page = manager.get(f"/experiments/{read.plan.experiment}").text
    (told,) = manager.get(f"/experiments/{read.plan.experiment}/report.json").json()["followed"]

    assert "Of the leads of <b>Demo first</b> 80% were followed up" in page
    assert 'href="#followed"' in page
    # Wald: half of the leads more were won, .7 more were followed up.
    assert "makes a difference of <b>71.4 points</b>" in page
    assert told["effect"]["effect"] == pytest.approx(0.5 / 0.7)
    assert "Anderson and Rubin" in page


@pytest.mark.parametrize(
    ("called", "says"),
    [
        (MORE, "makes a difference of 71.4 points (+"),
        (HARDLY, "cannot be bounded"),
        (AS_OFTEN, "cannot be told: the treatment was followed as often in both variants."),
    ],
)
def test_what_following_brings_is_said_as_far_as_it_is_known(
    called: dict[str, list[int]],
    says: str,
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    read = following_world(session, plan, reps, tell, now, called)
    words = Words(reader_for("en", ZoneInfo("UTC")))
    told = " ".join(plain(each) for each in words.following(read, read.followed[0]))
    assert says in told
    assert ("The plan wanted 50% at least" in told) is (called is not MORE)
