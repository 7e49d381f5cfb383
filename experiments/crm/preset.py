"""A preset: which words in a header stand for which of our fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Field(StrEnum):
    """What a column of deals, or of stage moves, can hold."""

    LEAD_ID = "lead_id"
    OWNER = "owner_id"
    STAGE = "stage"
    CREATED = "created_at"
    ENTERED = "stage_entered_at"
    CLOSED = "closed_at"
    WON = "won_at"
    LOST = "lost_at"
    STATUS = "status"
    IS_CLOSED = "is_closed"
    IS_WON = "is_won"
    PROCESS = "process"
    NAME = "name"
    ACCOUNT = "account_id"
    VALUE = "value"
    CURRENCY = "currency"
    REASON = "reason"
    ACTOR = "actor_id"


# A file must have a column for one field of each of these groups.
Needs = tuple[tuple[str, ...], ...]
DEAL_NEEDS: Needs = (
    (Field.LEAD_ID,),
    (Field.OWNER,),
    (Field.STAGE,),
    (Field.CREATED, Field.ENTERED),
)
HISTORY_NEEDS: Needs = ((Field.LEAD_ID,), (Field.STAGE,), (Field.ENTERED,))


@dataclass(frozen=True, slots=True)
class Preset:
    """How the files of one CRM are headed.

    Args:
        key: Names the source of what is imported, unless a person names it.
        columns: Our field → the headers that mean it, folded as `header.fold` does.
        needs: Without these no import makes sense.
        currency: Of amounts that stand without one; the company's when empty.
        process: The CRM's own stages, as a process file says them; None where every
            company has other ones.
        stage_columns: Header → the stage whose entry it dates.
        stage_column: A pattern of such headers, its group `stage` naming the stage.
    """

    key: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    needs: Needs = DEAL_NEEDS
    currency: str = ""
    process: Mapping[str, Any] | None = None
    stage_columns: Mapping[str, str] = field(default_factory=dict)
    stage_column: str = ""
