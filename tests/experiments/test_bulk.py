"""Many rows at once, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.events import Source
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.store.bulk import FEWEST_COPIED, MANY_ADDED, add_rows, among, count_anew
from tests.conftest import NOW, count_rows

SOURCES = Source.metadata.tables[Source.__tablename__]
# Words that a COPY would take for something else, if they were not written as they must be.
ODD = ("\\N", "tab\there", "line\nbreak", 'quote"', "back\\slash", "متن", "{curly,comma}", "")


def rows(names: Sequence[str]) -> list[dict[str, object]]:
    return [{"name": name, "complete_through_at": NOW, "live": True} for name in names]


@pytest.mark.parametrize("many", [1, FEWEST_COPIED * 3])
def test_rows_come_back_as_they_were_given(session: Session, many: int) -> None:
    names = [f"source {number}" for number in range(many)] + list(ODD)

    add_rows(session, SOURCES, rows(names))

    kept = list(session.scalars(select(Source).order_by(Source.id)))
    assert [each.name for each in kept] == names
    assert {(each.complete_through_at, each.live) for each in kept} == {(NOW, True)}


@pytest.mark.parametrize("many", [1, FEWEST_COPIED * 3])
def test_a_row_twice_is_refused_as_an_insert_refuses_it(session: Session, many: int) -> None:
    names = [f"source {number}" for number in range(many)]

    with pytest.raises(IntegrityError), session.begin_nested():
        add_rows(session, SOURCES, rows([*names, names[0]]))

    assert count_rows(session, "sources") == 0


@pytest.mark.parametrize("wanted", [(), ("b",), ("a", "c", "z", "\\N"), ("{a,b}",)])
def test_a_column_is_among_values(session: Session, wanted: Sequence[str]) -> None:
    add_rows(session, SOURCES, rows(["a", "b", "c", "\\N", "{a,b}"]))

    found = session.scalars(select(Source.name).where(among(session, Source.name, wanted)))
    names = set(found)
    by_id = select(Source.id).where(Source.name.in_(wanted))
    ids = list(session.scalars(by_id))

    assert names == set(wanted) - {"z"}
    assert set(session.scalars(select(Source.id).where(among(session, Source.id, ids)))) == set(
        ids
    )


def test_a_large_delivery_tells_each_event_with_its_digest(
    session: Session, company: Company, reps: list[Rep]
) -> None:
    events = [
        {
            "source_id": f"e{number}",
            "lead_id": f"L{number}",
            "type": "created",
            "occurred_at": NOW.isoformat(),
            "owner_id": reps[0].external_id,
            "reason": ODD[number % len(ODD)],
        }
        for number in range(FEWEST_COPIED * 2)
    ]

    first = ingest_events(session, events, now=NOW)
    again = ingest_events(session, events, now=NOW)
    events[3]["reason"] = "something else"
    changed = ingest_events(session, events, now=NOW)

    assert (first.accepted, first.rejected) == (len(events), [])
    assert (again.duplicates, again.rejected) == (len(events), [])
    assert [each.index for each in changed.rejected] == [3]


def test_postgresql_plans_for_what_an_import_added(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        count_anew(session, ("sources",), added=MANY_ADDED)
        return
    held = text("SELECT n_distinct FROM pg_stats WHERE tablename = 'sources' AND attname = 'name'")
    add_rows(session, SOURCES, rows([f"source {number}" for number in range(50)]))

    count_anew(session, ("sources",), added=MANY_ADDED - 1)
    assert session.execute(held).first() is None
    count_anew(session, ("sources",), added=MANY_ADDED)
    # Below zero it is a share: every name is another.
    assert session.scalar(held) == -1
