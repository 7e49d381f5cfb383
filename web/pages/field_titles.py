"""What the fields of deals and moves are called on pages."""

from __future__ import annotations

from experiments.crm.preset import Field
from web.texts import N_

FIELD_TITLES: dict[str, str] = {
    Field.LEAD_ID: N_("Deal's id"),
    Field.OWNER: N_("Rep"),
    Field.STAGE: N_("Stage"),
    Field.CREATED: N_("Created on"),
    Field.ENTERED: N_("Entered its stage on"),
    Field.CLOSED: N_("Closed on"),
    Field.WON: N_("Won on"),
    Field.LOST: N_("Lost on"),
    Field.STATUS: N_("Status"),
    Field.IS_CLOSED: N_("Whether closed"),
    Field.IS_WON: N_("Whether won"),
    Field.PROCESS: N_("Process"),
    Field.NAME: N_("Name"),
    Field.ACCOUNT: N_("Account"),
    Field.VALUE: N_("Value"),
    Field.CURRENCY: N_("Currency"),
    Field.REASON: N_("Reason"),
    Field.ACTOR: N_("Who did it"),
}
