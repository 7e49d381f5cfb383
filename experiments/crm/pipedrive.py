"""Pipedrive: the export of a list of deals. A stage is where a deal stood; won and lost
are a status beside it."""

from __future__ import annotations

from experiments.crm.preset import Field, Preset

DEALS = Preset(
    key="pipedrive",
    title="Pipedrive",
    columns={
        Field.LEAD_ID: ("deal - id",),
        Field.NAME: ("deal - title",),
        Field.PROCESS: ("deal - pipeline",),
        Field.STAGE: ("deal - stage",),
        Field.STATUS: ("deal - status",),
        Field.OWNER: ("deal - owner",),
        Field.CREATED: ("deal - deal created",),
        Field.ENTERED: ("deal - last stage change",),
        Field.WON: ("deal - won time",),
        Field.LOST: ("deal - lost time",),
        Field.VALUE: ("deal - value",),
        Field.CURRENCY: ("deal - currency (of value)", "deal - currency of value"),
        Field.REASON: ("deal - lost reason",),
        Field.ACCOUNT: ("deal - organization",),
    },
    process={
        "name": "Pipedrive pipeline",
        "key": "pipedrive-pipeline",
        "stages": [
            {"name": "Qualified", "milestone": "lead"},
            {"name": "Contact Made", "milestone": "qualified"},
            {"name": "Demo Scheduled", "milestone": "demo"},
            {"name": "Proposal Made", "milestone": "proposal"},
            {"name": "Negotiations Started", "milestone": "proposal"},
            {"name": "Won", "kind": "won"},
            {"name": "Lost", "kind": "lost"},
        ],
    },
)
