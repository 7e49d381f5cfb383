"""Salesforce: reports on opportunities, and on their stage history."""

from __future__ import annotations

from experiments.crm.preset import HISTORY_NEEDS, Field, Preset

DEALS = Preset(
    key="salesforce",
    title="Salesforce",
    columns={
        Field.LEAD_ID: ("opportunity id",),
        Field.NAME: ("opportunity name",),
        Field.PROCESS: ("record type", "opportunity record type"),
        Field.STAGE: ("stage",),
        Field.OWNER: ("opportunity owner",),
        Field.CREATED: ("created date",),
        Field.ENTERED: ("last stage change date",),
        Field.CLOSED: ("close date",),
        Field.IS_CLOSED: ("closed",),
        Field.IS_WON: ("won",),
        Field.VALUE: ("amount",),
        Field.CURRENCY: ("amount currency", "opportunity currency"),
        Field.ACCOUNT: ("account name",),
    },
    process={
        "name": "Salesforce opportunities",
        "key": "salesforce-opportunities",
        "stages": [
            {"name": "Prospecting", "milestone": "lead"},
            {"name": "Qualification", "milestone": "qualified"},
            {"name": "Needs Analysis", "milestone": "qualified"},
            {"name": "Value Proposition", "milestone": "demo"},
            {"name": "Id. Decision Makers", "milestone": "demo"},
            {"name": "Perception Analysis", "milestone": "demo"},
            {"name": "Proposal/Price Quote", "milestone": "proposal"},
            {"name": "Negotiation/Review", "milestone": "proposal"},
            {"name": "Closed Won", "kind": "won"},
            {"name": "Closed Lost", "kind": "lost"},
        ],
    },
)

# A row is a snapshot at a save: neighbours with the same stage are no move.
HISTORY = Preset(
    key="salesforce",
    title="Salesforce opportunity history",
    columns={
        Field.LEAD_ID: ("opportunity id",),
        Field.STAGE: ("to stage",),
        Field.ENTERED: ("last modified",),
        Field.ACTOR: ("last modified by",),
    },
    needs=HISTORY_NEEDS,
)
