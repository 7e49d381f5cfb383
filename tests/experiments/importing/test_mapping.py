"""A source's word for a stage, said once, places what waited for it; uploads wait for a yes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import audit, process_draft, uploads, users
from experiments.company import Company
from experiments.events import count_kept
from experiments.leads import lead
from experiments.mapping import map_word, unknown_words
from experiments.problem import NotFound, Refused
from experiments.process import ProcessVersion
from experiments.users import Role, User
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS
from tests.experiments.importing.conftest import HEAD, Bring, course

DEALS = (
    HEAD + "D1,A,Pitch,2026-01-05,2026-01-09,\nD2,A,Pitch,2026-01-05,,\nD3,A,Hope,2026-01-05,,\n"
)


def test_a_word_is_mapped_and_what_waited_is_placed(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    bring(DEALS, process="discovery-first")
    waiting = [(each.word, each.version, each.records) for each in unknown_words(session)]
    assert waiting == [("Pitch", version, 2), ("Hope", version, 1)]

    placed = map_word(session, version, "Pitch", "demo", by=None, now=now)

    assert placed == 2
    assert lead(session, "D1").stage is version.stages[2]
    assert [each.word for each in unknown_words(session)] == ["Hope"]
    assert audit.entries(session, "process discovery-first")[0].detail == (
        "Pitch = demo: 2 records placed"
    )
    assert len(count_kept(session)) == 1


def test_a_mapped_word_is_understood_from_then_on_in_every_version(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    bring(DEALS, process="discovery-first")
    newer = process_draft.revise(session, version.process, process_draft.checked(PROCESS), now=now)
    map_word(session, version, "Pitch", "demo", by=None, now=now)

    later = bring(HEAD + "D4,A,pitch,2026-01-06,,\n", process="discovery-first")

    assert later.kept == ()
    found = lead(session, "D4")
    assert found.stage is not None
    assert (found.version_id, found.stage.version_id) == (newer.id, newer.id)
    assert course(session, "D4")[0][0] == "Demo"


def test_a_word_can_be_mapped_anew(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    bring(DEALS, process="discovery-first")
    map_word(session, version, "Pitch", "demo", by=None, now=now)
    map_word(session, version, "Pitch", "offer", by=None, now=now)

    bring(HEAD + "D5,A,Pitch,2026-01-06,,\n", process="discovery-first")

    assert count_rows(session, "stage_words") == 1
    assert lead(session, "D5").stage is version.stages[3]


def test_a_stage_that_the_process_does_not_have_is_refused(
    session: Session, version: ProcessVersion, now: datetime
) -> None:
    with pytest.raises(Refused, match="Discovery first has no stage nonsense"):
        map_word(session, version, "Pitch", "nonsense", by=None, now=now)
    with pytest.raises(Refused, match="word"):
        map_word(session, version, "  ", "demo", by=None, now=now)


@pytest.fixture
def manager(session: Session, company: Company, now: datetime) -> User:
    return _user(session, "mina", now)


def _user(session: Session, name: str, now: datetime) -> User:
    return users.add_user(
        session, email=f"{name}@kestrel.example", name=name, role=Role.MANAGER,
        password="a long secret", now=now,
    )  # fmt: skip


def test_an_upload_waits_for_the_person_who_brought_it(
    session: Session, manager: User, now: datetime
) -> None:
    files = {"deals": ("deals.csv", b"id\n1\n" * 500), "history": ("moves.csv", b"x")}

    kept = uploads.keep(session, files, {"process": "trial"}, by=manager, now=now)

    found = uploads.kept_upload(session, kept.token, by=manager)
    deals = found.file("deals")
    assert deals is not None
    assert (deals.name, deals.content) == ("deals.csv", b"id\n1\n" * 500)
    assert found.file("people") is None
    assert found.said == {"process": "trial"}
    for token, who in ((kept.token, _user(session, "omar", now)), ("nonsense", manager)):
        with pytest.raises(NotFound):
            uploads.kept_upload(session, token, by=who)


def test_an_upload_goes_when_it_is_dropped_or_a_day_old(
    session: Session, manager: User, now: datetime
) -> None:
    first = uploads.keep(session, {"deals": ("a", b"1")}, {}, by=manager, now=now)
    second = uploads.keep(session, {"deals": ("b", b"2")}, {}, by=manager, now=now)
    uploads.drop(session, second)
    assert count_rows(session, "uploaded_files") == 1

    uploads.keep(session, {}, {}, by=manager, now=now + timedelta(days=1, seconds=1))

    assert count_rows(session, "uploaded_files") == 0
    with pytest.raises(NotFound):
        uploads.kept_upload(session, first.token, by=manager)
