"""A CRM's past by its API, from a server that answers as the vendors' documentation says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.crm.adapters import Kind
from experiments.events import history, visits
from experiments.exchange import connections
from experiments.exchange.connections import Connection, Telling
from experiments.importing import batches
from experiments.importing.past import PastTold, import_past
from experiments.leads import lead
from experiments.people import Rep, RepWord
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.experiments.crm.pushes import ORGANIZATION, STANDARD_SECRET
from tests.experiments.crm.stand_in import Answer, StandIn, standing_in

NOW = datetime(2026, 4, 1, tzinfo=UTC)
Bring = Callable[..., PastTold]


@pytest.fixture
def server() -> Iterator[StandIn]:
    """Somebody's API."""
    with standing_in() as made:
        yield made


@pytest.fixture
def bring(
    session: Session, company: Company, server: StandIn, reps: list[Rep], version: ProcessVersion
) -> Bring:
    """Asks the stand-in, as a CRM of a kind, for its past."""
    session.add(RepWord(word="7", rep=reps[0]))
    slept: list[float] = []

    def ask(kind: Kind, *, token: str = "t") -> PastTold:
        secret = STANDARD_SECRET if kind is Kind.STANDARD else ""
        known = {each.name: each for each in connections.connections(session)}
        found: Connection = (
            known.get("crm")
            or connections.create(
                session, kind, "crm", secret=secret, organization=ORGANIZATION, by=None, now=NOW
            )[0]
        )
        telling = Telling(server.url, token)
        connections.set_telling(session, found, telling, by=None, now=NOW)
        found.token = token
        with httpx2.Client(timeout=5) as client:
            return import_past(session, found, client, environ={}, now=NOW, sleep=slept.append)

    ask.slept = slept  # type: ignore[attr-defined]
    return ask


def stages(session: Session, lead_id: str) -> list[tuple[str, int]]:
    found = visits(history(session, lead(session, lead_id)))
    return [(each.stage.key, each.entered_at.day) for each in found]


def hubspot_deal(lead_id: str) -> dict[str, Any]:
    def told(*versions: tuple[str, int]) -> list[dict[str, Any]]:
        # The API gives the newest first.
        rows = [
            {"value": v, "timestamp": f"2026-03-{day:02}T10:00:00.000Z"} for v, day in versions
        ]
        return rows[::-1]

    return {
        "id": lead_id,
        "properties": {
            "dealname": "Acme",
            "amount": "900",
            "createdate": "2026-03-01T10:00:00Z",
            "deal_currency_code": None,
        },
        "propertiesWithHistory": {
            "dealstage": told(("new", 1), ("demo", 3), ("won", 9)),
            "hubspot_owner_id": told(("7", 1)),
        },
    }


def test_hubspots_history_of_a_property_is_the_way_of_a_deal(
    session: Session, bring: Bring, server: StandIn
) -> None:
    paging = {"paging": {"next": {"after": "50"}}}
    server.answers = [
        Answer(429, headers={"Retry-After": "3"}),
        Answer(body={"results": [hubspot_deal("1")], **paging}),
        Answer(body={"results": [hubspot_deal("2")]}),
    ]

    told = bring(Kind.HUBSPOT)

    assert (told.accepted, told.refused, told.waiting) == (12, 0, 0)
    assert bring.slept == [3.0]  # type: ignore[attr-defined]
    assert stages(session, "1") == stages(session, "2") == [("new", 1), ("demo", 3), ("won", 9)]
    assert lead(session, "1").amount_minor == 90000
    assert server.asked[-1].path.endswith("&after=50")
    assert server.asked[-1].headers["authorization"] == "Bearer t"


def test_what_is_brought_again_is_a_repeat_and_can_be_taken_back(
    session: Session, bring: Bring, server: StandIn
) -> None:
    server.answers = [Answer(body={"results": [hubspot_deal("1")]}) for _ in range(2)]
    bring(Kind.HUBSPOT)

    told = bring(Kind.HUBSPOT)

    assert (told.accepted, told.repeated) == (0, 6)
    assert batches.undo(session, batches.batches(session)[0], by=None, now=NOW) == 6


def test_salesforces_snapshots_become_moves_over_its_pages(
    session: Session, bring: Bring, server: StandIn
) -> None:
    def row(stage: str, day: int) -> dict[str, Any]:
        at = f"2026-03-{day:02}T10:00:00.000+0000"
        return {"OpportunityId": "006A", "StageName": stage, "CreatedDate": at}

    deal: dict[str, Any] = {
        "Id": "006A",
        "Name": "Acme",
        "CreatedDate": "2026-03-01T10:00:00.000+0000",
    }
    deal |= {"OwnerId": "7", "Amount": 900.0, "LastModifiedDate": None}
    next_page = "/services/data/v62.0/query/01g-2000"
    server.answers = [
        Answer(body={"records": [deal], "done": True}),
        Answer(body={"records": [row("New", 1), row("Demo", 3)], "nextRecordsUrl": next_page}),
        Answer(body={"records": [row("Demo", 5), row("Won", 9)], "done": True}),
    ]

    told = bring(Kind.SALESFORCE)

    assert told.refused == 0
    assert stages(session, "006A") == [("new", 1), ("demo", 3), ("won", 9)]
    assert server.asked[-1].path == next_page


def test_pipedrives_flow_tells_where_a_deal_stood_at_first_and_how_it_ended(
    session: Session, bring: Bring, server: StandIn
) -> None:
    def change(key: str, old: str, new: str, day: int) -> dict[str, Any]:
        data = {"field_key": key, "old_value": old, "new_value": new, "additional_data": []}
        return {"object": "dealChange", "data": data | {"log_time": f"2026-03-{day:02} 10:00:00"}}

    deal = {"id": 5, "title": "Acme", "add_time": "2026-03-01T10:00:00Z", "stage_id": 9}
    deal |= {"owner_id": 7, "value": 900, "currency": "EUR", "status": "won"}
    more = {"pagination": {"more_items_in_collection": True, "next_start": 1}}
    server.answers = [
        Answer(body={"data": [deal], "additional_data": {"next_cursor": None}}),
        Answer(body={"data": [change("status", "open", "won", 9)], "additional_data": more}),
        Answer(body={"data": [change("stage_id", "New", "Demo", 3), {"object": "note"}]}),
    ]

    told = bring(Kind.PIPEDRIVE)

    assert told.refused == 0
    assert stages(session, "5") == [("new", 1), ("demo", 3), ("won", 9)]
    assert lead(session, "5").owner is not None
    assert server.asked[-1].headers["x-api-token"] == "t"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([Answer(401, {"message": "bad token"})], "bad token"),
        ([Answer(500)] * 6, "500"),
        ([Answer(200)], "not JSON"),
    ],
)
def test_a_crm_that_does_not_answer_is_told_and_nothing_is_stored(
    bring: Bring, server: StandIn, answers: list[Answer], why: str
) -> None:
    server.answers = list(answers)

    with pytest.raises(Refused, match=why):
        bring(Kind.HUBSPOT)


def test_only_a_crm_with_a_token_has_a_past(bring: Bring) -> None:
    with pytest.raises(Refused, match="no address or token"):
        bring(Kind.HUBSPOT, token="")


def test_another_program_has_none(bring: Bring) -> None:
    with pytest.raises(Refused, match="Only a CRM"):
        bring(Kind.STANDARD)


def test_salesforce_that_denies_access_is_told(bring: Bring, server: StandIn) -> None:
    server.answers = [Answer(400, {"error": "invalid_client"})]

    with pytest.raises(Refused, match="invalid_client"):
        bring(Kind.SALESFORCE, token="app:wrong")
