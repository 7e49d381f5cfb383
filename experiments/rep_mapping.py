"""Words of a source that stand for a rep of ours: said once by a person, then known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.events import Kept, KeptRecord, Source
from experiments.ingest import replay
from experiments.people import Rep, RepWord
from experiments.problem import Refused, problem
from experiments.users import User

LONGEST_WORD = 120
# Leads whose records are tried again at once.
BATCH = 2000


@dataclass(frozen=True, slots=True)
class UnknownRep:
    """A word for a rep that nobody has explained, how many records wait, and for whom."""

    word: str
    records: int
    source: str
    lead: str


def unknown_reps(session: Session, *, limit: int) -> list[UnknownRep]:
    """Every word for a rep that waits for a person, those of most records first."""
    count = func.count()
    wanted = (
        select(KeptRecord.word, count, func.min(Source.name), func.min(KeptRecord.lead_ref))
        .join(Source, Source.id == KeptRecord.source_id)
        .where(KeptRecord.why == Kept.UNKNOWN_OWNER, KeptRecord.placed_at.is_(None))
        .group_by(KeptRecord.word)
        .order_by(count.desc(), KeptRecord.word)
        .limit(limit)
    )
    return [UnknownRep(*row) for row in session.execute(wanted)]


def rep_words(session: Session) -> list[RepWord]:
    """Every word that was explained."""
    return list(session.scalars(select(RepWord).order_by(RepWord.word)))


def map_rep(session: Session, word: str, rep_id: str, *, by: User | None, now: datetime) -> int:
    """Say which rep a word means, and place the records that waited for it.

    Returns:
        How many records were placed.
    Raises:
        Refused: where there is no such rep, or no word.
    """
    word = word.strip()
    rep = session.get(Rep, int(rep_id)) if rep_id.isdecimal() and len(rep_id) < 10 else None
    if rep is None:
        raise Refused(problem("rep", "Choose a rep."))
    if not 0 < len(word) <= LONGEST_WORD:
        raise Refused(problem("word", "Give the word that the source has for the rep."))
    held = session.scalar(select(RepWord).where(RepWord.word == word))
    if held is None:
        held = RepWord(word=word)
        session.add(held)
    held.rep = rep
    session.flush()
    waiting = (
        select(KeptRecord.lead_ref)
        .where(KeptRecord.why == Kept.UNKNOWN_OWNER, KeptRecord.placed_at.is_(None))
        .where(KeptRecord.word == word)
        .distinct()
    )
    leads = session.scalars(waiting).all()
    placed = sum(
        replay(session, now=now, leads=leads[at : at + BATCH])
        for at in range(0, len(leads), BATCH)
    )
    detail = f"{word} = {rep.external_id}: {placed} records placed"
    audit.record(session, "mapped", "reps", by=by, now=now, detail=detail)
    return placed
