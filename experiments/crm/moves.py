"""Stage moves in our own words: a row for each entry of a lead into a stage."""

from __future__ import annotations

from experiments.crm.preset import HISTORY_NEEDS, Field, Preset

HISTORY = Preset(
    key="plain",
    title="stage moves",
    columns={
        Field.LEAD_ID: ("lead id", "deal id", "opportunity id", "record id", "id"),
        Field.STAGE: ("stage", "to stage", "to", "new stage", "deal stage"),
        Field.ENTERED: (
            "entered at",
            "occurred at",
            "stage entered at",
            "entered",
            "changed at",
            "date",
            "time",
        ),
        Field.ACTOR: ("actor id", "actor", "changed by", "by"),
        Field.REASON: ("reason",),
    },
    needs=HISTORY_NEEDS,
)
