"""Asking which column of a deals file holds what, where its header does not say."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments.crm import DEALS
from experiments.crm.header import fold
from experiments.crm.preset import DEAL_NEEDS, Field
from experiments.tables.table_file import TableFile
from web.deps import field
from web.forms import Form
from web.pages import render
from web.pages.field_titles import FIELD_TITLES

# What a file must tell, and what it often tells beside.
ASKED = (
    *(Field.LEAD_ID, Field.OWNER, Field.STAGE, Field.CREATED, Field.ENTERED),
    *(Field.CLOSED, Field.STATUS, Field.VALUE, Field.CURRENCY, Field.NAME, Field.PROCESS),
    *(Field.ACCOUNT, Field.REASON),
)


def titles(table: TableFile | None) -> list[str]:
    """The columns to choose from; none where there are fewer than a deals file needs."""
    # A title of several lines cannot be written down in one.
    found = [each for each in table.header if each and each.isprintable()] if table else []
    return found if len(found) >= len(DEAL_NEEDS) else []


def ask(request: Request, token: str, found: Sequence[str], form: Form | None = None) -> Response:
    """The page that asks. Its status is 200, so that the file is kept meanwhile."""
    context = {
        "token": token,
        "form": form or Form(_guesses(found)),
        "columns": [(each, each) for each in found],
        "asked": [(str(each), FIELD_TITLES[each]) for each in ASKED],
    }
    return render(request, "data/columns.html", context)


def lines(form: FormData, found: Sequence[str]) -> str:
    """What was chosen, as `field=Header` lines."""
    chosen = {str(each): field(form, each) for each in ASKED}
    return "\n".join(f"{name}={title}" for name, title in chosen.items() if title in found)


def _guesses(found: Sequence[str]) -> dict[str, str]:
    """For each field the first column that any CRM calls so."""
    folded = {fold(each): each for each in reversed(found)}
    return {
        str(asked): next(
            (
                folded[word]
                for preset in DEALS
                for word in preset.columns.get(asked, ())
                if word in folded
            ),
            "",
        )
        for asked in ASKED
    }
