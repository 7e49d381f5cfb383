"""Words of a source that a person explains on the page Data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.web.conftest import SignIn


def test_a_crms_number_for_a_rep_is_explained_once(
    session: Session,
    sign_in: SignIn,
    reps: list[Rep],
    version: ProcessVersion,
    tell: Tell,
    now: datetime,
) -> None:
    event = tell("L9", day=-3, type="created", owner_id="4711")
    ingest_events(session, [event, tell("L9", "closed?", day=-2)], now=now)
    analyst = sign_in(Role.ANALYST)

    page = analyst.get("/data").text
    assert "4711" in page
    assert "such as L9, of crm" in page
    refused = analyst.post("/data/reps", data={"word": "4711", "rep": "nobody"})
    assert refused.status_code == 422
    assert "Choose a rep." in refused.text
    assert (
        analyst.post("/data/reps", data={"word": " ", "rep": str(reps[1].id)}).status_code == 422
    )

    done = analyst.post("/data/reps", data={"word": "4711", "rep": str(reps[1].id)})

    assert done.status_code == 303
    assert lead(session, "L9").owner is reps[1]
    assert "Words that are explained" in analyst.get("/data").text


def test_the_stage_that_a_word_looks_like_is_proposed(
    session: Session,
    sign_in: SignIn,
    reps: list[Rep],
    version: ProcessVersion,
    tell: Tell,
    now: datetime,
) -> None:
    owner = reps[0].external_id
    events = [tell("L9", day=-3, type="created", owner_id=owner), tell("L9", "de-mo", day=-2)]
    ingest_events(session, events, now=now)

    page = sign_in(Role.ANALYST).get("/data").text

    assert '<option value="demo" selected>' in page
