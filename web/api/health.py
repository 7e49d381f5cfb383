"""Whether the site can work, for those who watch it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from experiments.store.migration import is_current
from web.api import Faults
from web.site import site_of

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    """All is well."""

    status: str


@router.get("/health", responses={503: {"model": Faults}})
def health(request: Request) -> Health:
    """200 when the database answers and has the present schema; else 503 with the reason."""
    if not is_current(site_of(request).database.engine):
        detail = "The database is not at the present schema: run `stagelift migrate`."
        raise HTTPException(503, detail)
    return Health(status="ok")
