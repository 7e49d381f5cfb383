"""HubSpot: the export of the deals index page."""

from __future__ import annotations

from experiments.crm.preset import Field, Preset

DEALS = Preset(
    key="hubspot",
    title="HubSpot",
    columns={
        Field.LEAD_ID: ("record id",),
        Field.NAME: ("deal name",),
        Field.PROCESS: ("pipeline",),
        Field.STAGE: ("deal stage",),
        Field.OWNER: ("deal owner",),
        Field.CREATED: ("create date",),
        Field.CLOSED: ("close date",),
        Field.VALUE: ("amount",),
        Field.CURRENCY: ("currency",),
        Field.REASON: ("closed lost reason",),
    },
    # Date entered "Closed Won (Sales Pipeline)": the latest entry only.
    stage_column=r'(?i)date entered "(?P<stage>.+?)(?: \([^()]*\))?"',
    # The pipeline that every new portal has.
    process={
        "name": "HubSpot sales pipeline",
        "key": "hubspot-sales",
        "stages": [
            {"name": "Appointment Scheduled", "milestone": "lead"},
            {"name": "Qualified To Buy", "milestone": "qualified"},
            {"name": "Presentation Scheduled", "milestone": "demo"},
            {"name": "Decision Maker Bought-In", "milestone": "demo"},
            {"name": "Contract Sent", "milestone": "proposal"},
            {"name": "Closed Won", "kind": "won"},
            {"name": "Closed Lost", "kind": "lost"},
        ],
    },
)
