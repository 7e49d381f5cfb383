"""What CRMs export: one file a preset, each saying how a header maps to our fields.

A new CRM is a module like its neighbours and a line in `DEALS` (or `HISTORIES`).
"""

from __future__ import annotations

from experiments.crm import crm_sales, hubspot, moves, pipedrive, plain, salesforce

# Where several fit a header, the one with most columns found is taken, then the first.
DEALS = (hubspot.DEALS, pipedrive.DEALS, salesforce.DEALS, crm_sales.DEALS, plain.DEALS)
HISTORIES = (salesforce.HISTORY, moves.HISTORY)
