"""The pages under Data: bringing a file, what it would do, and words that wait for a person."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import process_draft
from experiments.company import Company
from experiments.leads import lead
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import SignIn

HEAD = "Lead ID,Owner,Stage,Created at,Closed at,Value\n"
DEALS = HEAD + "D1,Anna,Won,2026-01-05,2026-02-01,10\nD2,Omar,Pitch,2026-01-06,,\n,Omar,New,,,\n"
TRIAL = {
    "name": "Trial",
    "stages": [
        {"name": "New", "milestone": "lead"},
        {"name": "Demo", "milestone": "demo"},
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}


@pytest.fixture
def trial(session: Session, company: Company, now: datetime) -> ProcessVersion:
    """A process of four stages."""
    return process_draft.create(session, process_draft.checked(TRIAL), now=now)


@pytest.fixture
def analyst(sign_in: SignIn) -> TestClient:
    """An analyst's browser."""
    return sign_in(Role.ANALYST)


def words(page: str) -> str:
    """What a page says, its marks left out."""
    text = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[-1])
    return " ".join(html.unescape(text).split())


def bring(client: TestClient, deals: str | bytes | None = DEALS, **more: Any) -> Any:
    content = deals.encode() if isinstance(deals, str) else deals
    files = {name: value for name, value in more.items() if isinstance(value, tuple)}
    if content is not None:
        files["deals"] = ("deals.csv", content)
    said = {name: value for name, value in more.items() if isinstance(value, str)}
    return client.post("/data/import", data=said, files=files or {"none": ("", b"")})


def token_of(page: str) -> str:
    found = re.search(r'action="/data/import/([\w-]+)"', page)
    assert found, page
    return found[1]


def test_without_data_the_page_says_how_to_begin(analyst: TestClient, company: Company) -> None:
    page = analyst.get("/data")

    assert page.status_code == 200
    assert "No data yet" in words(page.text)
    assert 'href="/data/import"' in page.text


def test_a_file_is_checked_before_anything_is_stored(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    page = bring(analyst, process="trial")

    assert page.status_code == 200
    said = words(page.text)
    assert "2 of 3 rows can be imported." in said
    assert "Complete through Feb 1, 2026, the latest date in the file" in said
    assert "Reps to be added, without team or account: Anna, Omar" in said
    assert "Present stage and outcome only." in said
    assert "There is no stage Pitch in the lead's process." in said
    assert "4 deals.csv The row has no id of a deal." in said
    assert "Deal's id Lead ID" in said
    assert "the company's: the file names none" in said
    for name in ("leads", "events", "reps", "kept_records"):
        assert count_rows(session, name) == 0


def test_a_yes_imports_the_file_and_forgets_it(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    token = token_of(bring(analyst, process="trial").text)

    answer = analyst.post(f"/data/import/{token}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/data")
    assert lead(session, "D1").stage is not None
    assert count_rows(session, "uploads") == 0
    assert analyst.post(f"/data/import/{token}").status_code == 404
    said = words(analyst.get("/data").text)
    assert "plain 3" in said
    assert "Feb 1, 2026" in said
    assert "deals.csv: 2 leads, 3 events" in said
    again = words(bring(analyst, process="trial").text)
    assert "All that this file tells is known already." in again


def test_a_no_forgets_the_file(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    token = token_of(bring(analyst, process="trial").text)

    answer = analyst.post(f"/data/import/{token}/drop")

    assert answer.headers["location"] == "/data/import"
    assert count_rows(session, "uploaded_files") == 0
    assert count_rows(session, "leads") == 0


def test_refused_rows_come_back_as_a_file(analyst: TestClient, trial: ProcessVersion) -> None:
    deals = DEALS + '"=1+1",Omar,New,,,\n'
    token = token_of(bring(analyst, deals, process="trial").text)

    answer = analyst.post(f"/data/import/{token}/refused")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "refused-deals.csv" in answer.headers["content-disposition"]
    rows = answer.text.lstrip("\ufeff").splitlines()
    assert rows[0].startswith("line,reason,Lead ID")
    assert rows[1] == "4,The row has no id of a deal.,,Omar,New,,,"
    assert rows[2].startswith('5,"No date says')
    assert rows[2].endswith(",'=1+1,Omar,New,,,")


def test_an_upload_is_its_owners_only(
    analyst: TestClient, sign_in: SignIn, trial: ProcessVersion
) -> None:
    token = token_of(bring(analyst, process="trial").text)

    for path in ("", "/drop", "/refused"):
        assert sign_in(Role.MANAGER).post(f"/data/import/{token}{path}").status_code == 404


def test_history_and_teams_are_brought_beside(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    moves = ("moves.csv", b"lead_id,stage,entered_at\nD2,Demo,2026-01-09\n")
    people = ("teams.csv", b"name,team\nAnna,North\nNina,North\n,North\n")

    page = bring(
        analyst, process="trial", history=moves, people=people, complete_through="2026-02-20"
    )
    analyst.post(f"/data/import/{token_of(page.text)}")

    said = words(page.text)
    assert "How moves.csv is read" in said
    assert "Complete through Feb 20, 2026, as you say" in said
    assert "In the teams file, but without a deal here: Nina" in said
    assert "Line 4: The row names nobody." in said
    owner = lead(session, "D1").owner
    assert owner is not None
    assert owner.team is not None
    assert owner.team.name == "North"


def test_columns_are_named_by_hand(analyst: TestClient, trial: ProcessVersion) -> None:
    deals = "Nr;Wer;Phase;Angelegt\nD1;Anna;New;05.01.2026\n"
    lines = "lead_id=Nr\nowner_id=Wer\n\nstage=Phase\ncreated_at=Angelegt\n"

    page = bring(analyst, deals, columns=lines, source="büro", process="trial")

    assert "1 of 1 row can be imported." in words(page.text)
    assert "Source: büro" in words(page.text)


def test_columns_of_an_unknown_header_are_chosen_from_lists(
    analyst: TestClient, trial: ProcessVersion
) -> None:
    deals = "Nr,Wer,Stage,Angelegt\nD1,Anna,New,05.01.2026\n"

    asked = bring(analyst, deals, process="trial")
    token = re.search(r'action="/data/import/([^"/]+)/columns"', asked.text)
    assert token is not None
    assert '<option value="Stage" selected>' in asked.text
    here = f"/data/import/{token[1]}/columns"
    again = analyst.post(here, data={"lead_id": "Nr", "owner_id": "Wer"})
    assert "No column was found for created_at" in words(again.text)
    chosen = {"lead_id": "Nr", "owner_id": "Wer", "stage": "Stage", "created_at": "Angelegt"}

    page = analyst.post(here, data=chosen)

    assert "1 of 1 row can be imported." in words(page.text)
    assert analyst.post(f"/data/import/{token[1]}").status_code == 303


@pytest.mark.parametrize(
    ("deals", "more", "where", "said"),
    [
        (None, {}, "deals", "Choose the file with the deals."),
        (b"", {}, "deals", "The file is empty."),
        (b"\x00\x01" * 900, {}, "deals", "This is not a text file"),
        ("colour\nred\n", {}, "columns", "No column was found for lead_id"),
        (DEALS, {"columns": "stage"}, "columns", "stage is not FIELD=HEADER."),
        (DEALS, {"columns": "stage=Phase"}, "columns", "The file has no column Phase."),
        (DEALS, {"process": "nonsense"}, "process", "There is no process nonsense."),
        (
            DEALS,
            {},
            "process",
            "Name the process whose stages these are: Pitch. There are: trial.",
        ),
        (DEALS, {"currency": "XYZ"}, "currency", "No currency has the code XYZ."),
        (DEALS, {"complete_through": "soon"}, "complete_through", "soon is no day."),
        (DEALS, {"history": ("m.csv", b"a\n")}, "history", "a header and no row"),
        (DEALS, {"people": ("t.csv", b"")}, "people", "The file is empty."),
    ],
)
def test_what_cannot_be_read_comes_back_at_its_field_and_nothing_is_kept(
    analyst: TestClient,
    session: Session,
    trial: ProcessVersion,
    deals: Any,
    more: dict[str, Any],
    where: str,
    said: str,
) -> None:
    page = bring(analyst, deals, **more)

    assert page.status_code == 422
    assert said in words(page.text), words(page.text)[:900]
    assert f'href="#f-{where}"' in page.text
    assert f'id="f-{where}"' in page.text
    assert count_rows(session, "uploads") == 0


def test_a_word_is_explained_and_what_waited_is_placed(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    analyst.post(f"/data/import/{token_of(bring(analyst, process='trial').text)}")
    page = words(analyst.get("/data").text)
    assert "Pitch 1 event · Trial · v1" in page
    assert "Its stage is not known 1 Pitch" in page

    form = {"word": "Pitch", "version": str(trial.id), "stage": "demo"}
    answer = analyst.post("/data/words", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/data")
    stage = lead(session, "D2").stage
    assert stage is not None
    assert stage.key == "demo"
    page = words(analyst.get("/data").text)
    assert "Pitch 1 event" not in page
    assert "Pitch Demo Trial" in page


def test_a_word_without_a_stage_comes_back(
    analyst: TestClient, session: Session, trial: ProcessVersion
) -> None:
    analyst.post(f"/data/import/{token_of(bring(analyst, process='trial').text)}")

    page = analyst.post("/data/words", data={"word": "Pitch", "version": str(trial.id)})

    assert page.status_code == 422
    assert "Trial has no stage" in words(page.text)
    assert count_rows(session, "stage_words") == 0
    assert analyst.post("/data/words", data={"word": "x", "version": "x"}).status_code == 404


@pytest.mark.parametrize("role", [Role.REP, Role.VIEWER])
def test_data_is_not_open_to_reps_and_viewers(role: Role, sign_in: SignIn) -> None:
    for path in ("/data", "/data/import"):
        assert sign_in(role).get(path).status_code == 403
    assert bring(sign_in(role)).status_code == 403
