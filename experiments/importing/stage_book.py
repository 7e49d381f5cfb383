"""Which process the deals of a file follow, and what the file's words mean in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.crm.preset import Preset
from experiments.events import StageWord
from experiments.experiment import launched
from experiments.importing.scan import Scan, State
from experiments.people import Rep
from experiments.problem import NotFound, Problem, Refused, problem
from experiments.process import (
    Process,
    ProcessVersion,
    Stage,
    StageKind,
    processes,
    standing_version_id,
    version,
    version_of,
)
from experiments.process_draft import ProcessDraft
from experiments.rep_finder import RepFinder

_TRUE = frozenset({"1", "true", "yes", "wahr", "x"})
_STATUS = {
    "open": StageKind.OPEN,
    "won": StageKind.WON,
    "closed won": StageKind.WON,
    "lost": StageKind.LOST,
    "closed lost": StageKind.LOST,
}


@dataclass(frozen=True, slots=True)
class StageBook:
    """What a file's words mean in the processes that its deals may follow.

    `process` is said for every deal, or by `by_word` for those of a pipeline; where
    neither says it, a deal follows what its test or its team follows. `kinds` and `ids`
    are by folded word; `ends` holds the names of the stages in which a deal is over.
    """

    process: str | None
    by_word: Mapping[str, str]
    kinds: Mapping[str, StageKind]
    ids: Mapping[str, frozenset[int]]
    positions: Mapping[str, int]
    ends: Mapping[StageKind, str]
    title: str

    def process_of(self, word: str) -> str | None:
        """The key of the process of a deal whose pipeline has that word."""
        return self.process or self.by_word.get(word.casefold())

    def kind(self, state: State) -> StageKind | None:
        """Whether a deal is open, won or lost; None where nothing tells.

        A status, or the flags for closed and won, say more than the stage.
        """
        if state.status:
            return _STATUS.get(state.status)
        if state.closed:
            if state.closed not in _TRUE:
                return StageKind.OPEN
            return StageKind.WON if state.won in _TRUE else StageKind.LOST
        return self.kinds.get(state.stage.casefold())

    def is_closed(self, state: State) -> bool:
        """Whether deals in that state are won or lost, or in a stage that nobody knows."""
        return self.kind(state) is not StageKind.OPEN


def choose_process(
    session: Session,
    preset: Preset,
    scan: Scan,
    reps: RepFinder,
    *,
    key: str,
    now: datetime,
) -> tuple[StageBook, str]:
    """The book of a file's stages, and the key of a process that had to be made for it.

    In this order: the process that a person names; those that the file's pipelines name;
    what teams and tests follow, where it knows all the words; the preset's own process.

    Args:
        reps: Finds the deals' owners.
    Raises:
        Refused: where none of these knows the file's stages.
    """
    words = {state.stage for state in scan.states if state.stage}
    if key:
        found = _named(session, key)
        return _book(session, [found], process=key), ""
    named = _named_by_the_file(session, scan.processes)
    if named:
        by_word = {word: each.process.key for word, each in named.items()}
        return _book(session, list(named.values()), by_word=by_word), ""
    book = _book(session, _followed(session, [reps.find(word) for word in scan.owners]))
    unknown = _unknown(words, book.kinds)
    if book.kinds and not unknown:
        return book, ""
    if preset.process is None:
        raise Refused(_needs_process(session, unknown))
    return _own_book(session, process_draft.checked(dict(preset.process)), words, now)


def _own_book(
    session: Session, draft: ProcessDraft, words: set[str], now: datetime
) -> tuple[StageBook, str]:
    unknown = _unknown(words, {stage.name.casefold() for stage in draft.stages})
    if unknown:
        raise Refused(_needs_process(session, unknown))
    try:
        made, new = version_of(session, draft.key), ""
    except NotFound:
        made, new = process_draft.create(session, draft, now=now), draft.key
    return _book(session, [made], process=draft.key), new


def _needs_process(session: Session, unknown: Sequence[str]) -> Problem:
    keys = ", ".join(sorted(each.key for each in processes(session)))
    shown = ", ".join(unknown[:12])
    if not keys:
        text = "No process has the stages {stages}: add one first, then name it here."
        return problem("process", text, stages=shown)
    text = "Name the process whose stages these are: {stages}. There are: {keys}."
    return problem("process", text, stages=shown, keys=keys)


def _named(session: Session, key: str) -> ProcessVersion:
    try:
        return version_of(session, key)
    except NotFound:
        keys = ", ".join(sorted(each.key for each in processes(session))) or "none"
        text = "There is no process {key}. There are: {keys}."
        raise Refused(problem("process", text, key=key, keys=keys)) from None


def _named_by_the_file(session: Session, words: Iterable[str]) -> dict[str, ProcessVersion]:
    """The newest version of each pipeline's process; empty where one word is unknown."""
    known: dict[str, Process] = {}
    for each in processes(session):
        known |= {each.name.casefold(): each, each.key: each}
    found = {}
    for word in words:
        of_word = known.get(word.casefold())
        if of_word is None:
            return {}
        found[word.casefold()] = version(session, of_word.latest.id)
    return found


def _followed(session: Session, owners: Iterable[Rep | None]) -> list[ProcessVersion]:
    """What new leads of these reps would follow; empty where one would follow nothing.

    Who is not known yet, None, will have no team and so no segment.
    """
    segments = {rep.team.segment if rep and rep.team else "" for rep in owners} or {""}
    ids = {standing_version_id(session, segment) for segment in segments}
    if None in ids:
        return []
    tested = {each.version_id for test in launched(session) for each in test.variants}
    return [version(session, each) for each in sorted(ids | tested, key=str) if each]


def _unknown(words: set[str], known: Collection[str]) -> list[str]:
    return sorted(word for word in words if word.casefold() not in known)


def _book(
    session: Session,
    versions: Sequence[ProcessVersion],
    *,
    process: str | None = None,
    by_word: Mapping[str, str] | None = None,
) -> StageBook:
    kinds: dict[str, StageKind] = {}
    ids: dict[str, set[int]] = {}
    positions: dict[str, int] = {}
    for each in versions:
        for word, stage in _words(session, each):
            kinds.setdefault(word, stage.kind)
            positions.setdefault(word, stage.position)
            ids.setdefault(word, set()).add(stage.id)
    stages = [stage for each in versions for stage in each.stages]
    ends = {stage.kind: stage.name for stage in reversed(stages)}
    return StageBook(
        process=process,
        by_word=by_word or {},
        kinds=kinds,
        ids={word: frozenset(found) for word, found in ids.items()},
        positions=positions,
        ends=ends,
        title=", ".join(sorted({each.process.name for each in versions})),
    )


def _words(session: Session, of: ProcessVersion) -> list[tuple[str, Stage]]:
    """Every folded word that means a stage, among them those that people added."""
    found = [(word, stage) for stage in of.stages for word in (stage.key, stage.name.casefold())]
    added = select(StageWord).where(StageWord.version_id == of.id)
    return found + [(each.word.casefold(), each.stage) for each in session.scalars(added)]
