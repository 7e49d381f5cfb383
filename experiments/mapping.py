"""Words of a source that stand for a stage of ours: said once by a person, then known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.events import Kept, KeptRecord, Source, StageWord
from experiments.ingest import replay
from experiments.leads import Lead
from experiments.problem import Refused, problem
from experiments.process import ProcessVersion, Stage, version
from experiments.users import User

LONGEST_WORD = 200
# Leads whose records are tried again at once.
BATCH = 2000


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word for a stage that a process does not know, and how many records wait for it.

    `version` is None for leads that follow no process yet: there is nothing to map to.

    Args:
        source: One that uses the word.
        lead: One whose record waits.
    """

    word: str
    version: ProcessVersion | None
    records: int
    source: str
    lead: str

    @property
    def likely(self) -> str:
        """The key of the stage whose name is the word but for case, spaces and signs; else empty.

        `closedwon` is HubSpot's id of *Closed Won*.
        """
        for stage in self.version.stages if self.version else []:
            if _bare(self.word) and _bare(stage.name) == _bare(self.word):
                return stage.key
        return ""


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word that was explained: what it means, in the newest version of a process."""

    word: str
    version: ProcessVersion
    stage: Stage


def unknown_words(session: Session) -> list[UnknownWord]:
    """Every word for a stage that waits for a person, those of most records first."""
    count = func.count()
    wanted = (
        select(
            KeptRecord.word,
            Lead.version_id,
            count,
            func.min(Source.name),
            func.min(KeptRecord.lead_ref),
        )
        .join(Lead, Lead.external_id == KeptRecord.lead_ref)
        .join(Source, Source.id == KeptRecord.source_id)
        .where(KeptRecord.why == Kept.UNKNOWN_STAGE, KeptRecord.placed_at.is_(None))
        .group_by(KeptRecord.word, Lead.version_id)
        .order_by(count.desc(), KeptRecord.word)
    )
    return [
        UnknownWord(
            word, version(session, version_id) if version_id else None, records, source, lead
        )
        for word, version_id, records, source, lead in session.execute(wanted).all()
    ]


def known_words(session: Session) -> list[KnownWord]:
    """Every word that was explained, as it stands in the newest versions, by process and word."""
    words = session.scalars(select(StageWord).order_by(StageWord.version_id, StageWord.word)).all()
    found = {each.version_id: version(session, each.version_id) for each in words}
    return [
        KnownWord(each.word, found[each.version_id], each.stage)
        for each in words
        if found[each.version_id].number == found[each.version_id].process.latest.number
    ]


def map_word(
    session: Session,
    of: ProcessVersion,
    word: str,
    stage_key: str,
    *,
    by: User | None,
    now: datetime,
) -> int:
    """Say which stage a word means in a process, and place the records that waited for it.

    It holds in every version of the process that has the stage.

    Returns:
        How many records were placed.
    Raises:
        Refused: where the process has no such stage.
    """
    word = word.strip()
    if of.stage(stage_key) is None:
        text = "{process} has no stage {stage}."
        raise Refused(problem("stage", text, process=of.process.name, stage=stage_key))
    if not 0 < len(word) <= LONGEST_WORD:
        raise Refused(problem("word", "Give the word that the source has for the stage."))
    for each in of.process.versions:
        stage = each.stage(stage_key)
        if stage:
            _keep_word(session, each, word, stage)
    session.flush()
    placed = sum(replay(session, now=now, leads=leads) for leads in _waiting(session, word))
    detail = f"{word} = {stage_key}: {placed} records placed"
    audit.record(session, "mapped", f"process {of.process.key}", by=by, now=now, detail=detail)
    return placed


def _bare(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def _keep_word(session: Session, of: ProcessVersion, word: str, stage: Stage) -> None:
    wanted = select(StageWord).where(StageWord.version_id == of.id, StageWord.word == word)
    found = session.scalar(wanted)
    if found is None:
        found = StageWord(version_id=of.id, word=word)
        session.add(found)
    found.stage = stage


def _waiting(session: Session, word: str) -> Iterator[Sequence[str]]:
    """The leads of the records that wait for a word, in batches."""
    wanted = (
        select(KeptRecord.lead_ref)
        .where(KeptRecord.why == Kept.UNKNOWN_STAGE, KeptRecord.placed_at.is_(None))
        .where(KeptRecord.word == word)
        .distinct()
    )
    leads = session.scalars(wanted).all()
    for at in range(0, len(leads), BATCH):
        yield leads[at : at + BATCH]
