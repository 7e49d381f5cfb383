"""Rows of a history file: a record for each entry of a deal into a stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.crm.preset import Field
from experiments.findings import from_pydantic
from experiments.importing.cells import Reading
from experiments.importing.records import move_id
from experiments.leads import Lead
from experiments.problem import Refused, problem
from experiments.records import EventRecord
from experiments.rep_finder import RepFinder
from experiments.store.bulk import among
from experiments.tables.dates import Moment

LONGEST_REASON = 5000


@dataclass(frozen=True, slots=True)
class Move:
    """A deal's entry into a stage, as a row tells it. `actor` is a rep's external id."""

    line: int
    lead_id: str
    stage: str
    entered: Moment
    actor: str | None
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MoveReader:
    """Reads the rows of one history file."""

    reading: Reading
    reps: RepFinder

    def read(self, line: int, cells: list[str]) -> Move:
        """What a row says. Raises Refused with the reason where it cannot be used."""
        text = self.reading.text
        lead_id = self.reading.short(cells, Field.LEAD_ID)
        stage = self.reading.short(cells, Field.STAGE)
        if not lead_id:
            raise Refused(problem("lead_id", "The row has no id of a deal."))
        if not stage:
            raise Refused(problem("stage", "The row names no stage."))
        entered = self.reading.moment(cells, Field.ENTERED)
        if entered is None:
            raise Refused(problem("stage_entered_at", "No date says when the move was."))
        # Moves made by managers and programs are moves all the same.
        actor = self.reps.find(text(cells, Field.ACTOR))
        return Move(
            line=line,
            lead_id=lead_id,
            stage=stage,
            entered=entered,
            actor=actor.external_id if actor else None,
            reason=text(cells, Field.REASON)[:LONGEST_REASON],
            row=self.reading.row(cells),
        )

    def record(self, source: str, move: Move, created_at: datetime | None) -> EventRecord:
        """The record of a move. Raises Refused for a word that is too long."""
        entered = move.entered
        try:
            return EventRecord(
                source=source,
                source_id=move_id(move.lead_id, move.stage, self.reading.mark(entered)),
                lead_id=move.lead_id,
                stage=move.stage,
                occurred_at=entered.not_before(created_at) if created_at else entered.at,
                actor_id=move.actor,
                reason=move.reason,
                origin=dict(move.row),
            )
        except ValidationError as error:
            raise from_pydantic(error) from None


def beginnings_of(session: Session, lead_ids: Collection[str]) -> dict[str, datetime]:
    """When these leads began, where that is known."""
    wanted = select(Lead.external_id, Lead.created_at).where(
        among(session, Lead.external_id, lead_ids)
    )
    return {lead_id: at for lead_id, at in session.execute(wanted) if at}
