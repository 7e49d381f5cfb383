"""The "CRM Sales Opportunities" set: a pipeline of computer hardware that many have tried."""

from __future__ import annotations

from experiments.crm.preset import Field, Preset

DEALS = Preset(
    key="crm_sales",
    title="CRM sales opportunities",
    columns={
        Field.LEAD_ID: ("opportunity id",),
        Field.OWNER: ("sales agent",),
        Field.ACCOUNT: ("account",),
        Field.STAGE: ("deal stage",),
        Field.CREATED: ("engage date",),
        Field.CLOSED: ("close date",),
        Field.VALUE: ("close value",),
    },
    currency="USD",
    # A deal has its first date on the day when the rep engages.
    stage_columns={"engage date": "Engaging"},
    process={
        "name": "CRM sales",
        "key": "crm-sales",
        "stages": [
            {"name": "Prospecting", "milestone": "lead"},
            {"name": "Engaging", "milestone": "qualified"},
            {"name": "Won", "kind": "won"},
            {"name": "Lost", "kind": "lost"},
        ],
    },
)
