"""Which adapter hears which kind of CRM. A new CRM is a module like its neighbours and a line."""

from __future__ import annotations

from enum import StrEnum

from experiments.crm import hubspot_push, pipedrive_push, salesforce_push, standard_push
from experiments.crm.push import Adapter


class Kind(StrEnum):
    """The kinds of programs that can be connected."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    PIPEDRIVE = "pipedrive"
    STANDARD = "standard"


ADAPTERS: dict[Kind, Adapter] = {
    Kind.HUBSPOT: hubspot_push.ADAPTER,
    Kind.SALESFORCE: salesforce_push.ADAPTER,
    Kind.PIPEDRIVE: pipedrive_push.ADAPTER,
    Kind.STANDARD: standard_push.ADAPTER,
}
