"""What a batch of records refers to, read from the store in a few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from experiments.defining import looked_for
from experiments.events import Event, KeptRecord, StageWord, source_named
from experiments.leads import Account, Lead
from experiments.people import Rep, RepWord
from experiments.problem import NotFound
from experiments.process import Action, Stage, version_of
from experiments.records import EventRecord
from experiments.store.bulk import among

# A reference is a source's id and the source's id of the event.
Reference = tuple[int, str]


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What placing an event needs to know of its lead."""

    id: int
    version_id: int | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Words:
    """A version's words for its stages and actions, casefolded, to their ids."""

    stages: dict[str, int]
    actions: dict[str, int]


class Lookup:
    """The store's answers for one batch; loaded at once, then asked row by row."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.source_ids: dict[str, int] = {}
        self.reps: dict[str, int] = {}
        self.leads: dict[str, LeadFacts] = {}
        self.digests: dict[Reference, str] = {}
        self.taken: set[Reference] = set()
        self.kept: set[tuple[int, str, str]] = set()
        self._words: dict[int, Words] = {}
        self._versions: dict[str, int | None] = {}

    def load(self, records: Sequence[EventRecord]) -> None:
        """Read all that these records name."""
        for name in {record.source for record in records} - set(self.source_ids):
            self.source_ids[name] = source_named(self.session, name).id
        refs = {record.source_id for record in records} | {r.voids for r in records if r.voids}
        self._load_told(refs)
        self._load_people({each for r in records for each in (r.owner_id, r.actor_id) if each})
        self._load_leads(
            among(self.session, Lead.external_id, {record.lead_id for record in records})
        )

    def _load_people(self, people: set[str]) -> None:
        if not people:
            return
        known = select(Rep.external_id, Rep.id).where(among(self.session, Rep.external_id, people))
        explained = select(RepWord.word, RepWord.rep_id).where(
            among(self.session, RepWord.word, people)
        )
        # A rep's own id stands above what somebody said of the same word.
        self.reps.update(self.session.execute(explained).all())
        self.reps.update(self.session.execute(known).all())

    def _load_told(self, refs: set[str]) -> None:
        """Which of these references were told before, as events or as what is kept."""
        # The indices begin with the source: without it every event would be looked at.
        ids = list(self.source_ids.values())
        seen = select(Event.source_id, Event.source_ref, Event.digest)
        seen = seen.where(Event.source_id.in_(ids), among(self.session, Event.source_ref, refs))
        for source, ref, digest in self.session.execute(seen):
            self.digests[source, ref] = digest
            self.taken.add((source, ref))
        of_sources = select(KeptRecord.source_id, KeptRecord.source_ref, KeptRecord.digest)
        of_sources = of_sources.where(KeptRecord.source_id.in_(ids))
        # Few sources have ever told anything that is kept.
        if self.session.execute(of_sources.limit(1)).first():
            waits = of_sources.where(among(self.session, KeptRecord.source_ref, refs))
            self.kept.update((each[0], each[1], each[2]) for each in self.session.execute(waits))

    def reload_leads(self, lead_ids: Sequence[int]) -> None:
        """Read these leads again, after their version may have been set."""
        self._load_leads(among(self.session, Lead.id, lead_ids))

    def add_leads(self, beginnings: Iterable[EventRecord], *, now: datetime) -> None:
        """Store the leads that these records begin."""
        records = list(beginnings)
        if not records:
            return
        accounts = self._accounts({each.account_id for each in records if each.account_id})
        rows = [
            {
                "external_id": each.lead_id,
                "name": each.name,
                "account_id": accounts.get(each.account_id or ""),
                "version_id": self.version_id(each.process),
                "created_at": each.occurred_at if each.type == "created" else None,
                "recorded_at": now,
            }
            for each in records
        ]
        self.session.execute(insert(Lead), rows, execution_options={"render_nulls": True})
        self._load_leads(among(self.session, Lead.external_id, [each.lead_id for each in records]))

    def source_id(self, record: EventRecord) -> int:
        """The id of the record's source."""
        return self.source_ids[record.source]

    def digest_of(self, record: EventRecord) -> str:
        """The digest of a record that is being taken; one that was asked of before is known."""
        known = self.digests.get((self.source_ids[record.source], record.source_id))
        return known or record.digest()

    def version_id(self, process: str | None) -> int | None:
        """The version that a process word means; None for no word or an unknown one."""
        if process and process not in self._versions:
            try:
                self._versions[process] = version_of(self.session, process).id
            except NotFound:
                self._versions[process] = None
        return self._versions.get(process or "")

    def words(self, version_id: int) -> Words:
        """The words of a version, with those that a person has added."""
        if version_id not in self._words:
            self._words[version_id] = self._read_words(version_id)
        return self._words[version_id]

    def event_id(self, reference: Reference) -> int | None:
        """The id of a stored event."""
        source, ref = reference
        wanted = select(Event.id).where(Event.source_id == source, Event.source_ref == ref)
        return self.session.scalar(wanted)

    def _read_words(self, version_id: int) -> Words:
        added = select(StageWord.word, StageWord.stage_id)
        rows = self.session.execute(added.where(StageWord.version_id == version_id))
        stages = {word.casefold(): stage_id for word, stage_id in rows}
        # Its own words come last, and so stand where both have the same.
        actions = looked_for(self.session, version_id)
        # Columns, not the version itself: all the rest of it would be loaded with it.
        own = select(Stage.name, Stage.key, Stage.id).where(Stage.version_id == version_id)
        for name, key, stage_id in self.session.execute(own.order_by(Stage.position)):
            stages |= {name.casefold(): stage_id, key: stage_id}
        steps = select(Action.name, Action.key, Action.id).join(Stage)
        steps = steps.where(Stage.version_id == version_id)
        for name, key, action_id in self.session.execute(
            steps.order_by(Stage.position, Action.position)
        ):
            actions |= {name.casefold(): action_id, key: action_id}
        return Words(stages, actions)

    def _load_leads(self, condition: ColumnElement[bool]) -> None:
        wanted = select(Lead.external_id, Lead.id, Lead.version_id, Lead.created_at)
        for external_id, lead_id, version_id, at in self.session.execute(wanted.where(condition)):
            self.leads[external_id] = LeadFacts(lead_id, version_id, at)

    def _accounts(self, external_ids: set[str]) -> dict[str, int]:
        if not external_ids:
            return {}

        def known() -> dict[str, int]:
            wanted = select(Account.external_id, Account.id)
            rows = self.session.execute(
                wanted.where(among(self.session, Account.external_id, external_ids))
            )
            return dict(rows.all())

        missing = sorted(external_ids - set(known()))
        if missing:
            self.session.execute(insert(Account), [{"external_id": each} for each in missing])
        return known()
