"""A table in our own words, or in those that most people would choose."""

from __future__ import annotations

from experiments.crm.preset import Field, Preset

DEALS = Preset(
    key="plain",
    title="plain table",
    columns={
        Field.LEAD_ID: ("lead id", "deal id", "opportunity id", "record id", "id"),
        Field.OWNER: (
            "owner id",
            "owner",
            "rep id",
            "rep",
            "sales rep",
            "sales agent",
            "salesperson",
            "deal owner",
            "lead owner",
            "opportunity owner",
        ),
        Field.STAGE: ("stage", "deal stage", "lead stage", "opportunity stage"),
        Field.CREATED: (
            "created at",
            "created",
            "created date",
            "create date",
            "created on",
            "creation date",
        ),
        Field.ENTERED: ("occurred at", "stage entered at", "entered at", "stage entered"),
        Field.CLOSED: ("closed at", "closed", "closed date", "close date", "closed on"),
        Field.WON: ("won at", "won time", "won date"),
        Field.LOST: ("lost at", "lost time", "lost date"),
        Field.STATUS: ("status", "outcome"),
        Field.PROCESS: ("process", "pipeline"),
        Field.NAME: ("name", "lead name", "deal name", "title", "opportunity name"),
        Field.ACCOUNT: ("account id", "account", "account name", "company", "organization"),
        Field.VALUE: ("value", "amount", "deal value"),
        Field.CURRENCY: ("currency",),
        Field.REASON: ("reason", "lost reason", "loss reason"),
    },
)
