"""The health of a test by API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter

from experiments.experiment import experiment
from experiments.health_report import health_on
from experiments.users import User
from web.api import FAULTS, PREFIX, Key
from web.deps import DbSession, Now
from web.health_words import as_dict
from web.security import RESULT_READERS, allow_token

router = APIRouter(prefix=f"{PREFIX}/experiments", tags=["Experiments"], responses=FAULTS)


@router.get("/{key}/health")
def show(
    key: Key,
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*RESULT_READERS)],
    as_of: date | None = None,
) -> dict[str, Any]:
    """Counts and checks, now or at the end of a past day; never what the difference is."""
    return as_dict(health_on(session, experiment(session, key), now=now, day=as_of))
