"""Reports by API, as JSON and as CSV."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from experiments import lead_export, report, report_export
from experiments.experiment import experiment
from experiments.users import User
from web.api import FAULTS, PREFIX, Key
from web.deps import DbSession, Now
from web.security import RESULT_READERS, STAFF, allow_token

router = APIRouter(prefix=f"{PREFIX}/experiments", tags=["Experiments"], responses=FAULTS)

AS_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


@router.get("/{key}/leads.csv", response_class=Response, responses=AS_CSV)
def leads(
    key: Key,
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*STAFF)],
    matured: bool = False,
) -> Response:
    """The leads, one a row; `matured` leaves out those whose horizon has not passed.

    What became of them is left out while the effects are hidden.
    """
    rows = lead_export.lead_rows(session, experiment(session, key), now=now, matured=matured)
    return _csv(lead_export.as_csv(rows), f"{key}-leads")


@router.get("/{key}/report")
def show(
    key: Key,
    session: DbSession,
    now: Now,
    user: Annotated[User, allow_token(*RESULT_READERS)],
    look: int | None = None,
) -> dict[str, Any]:
    """The report as it stands now: the verdict, counts, conversions, differences, intervals.

    Differences are the treatment's rate minus the control's, as fractions. They are left out
    until the experiment is measured, unless a planned look was taken or somebody opened them
    early. With planned looks it is the latest's; `look` asks for an earlier one. `value` is in
    whole units of its currency; what is `described` carries no p. `reps`, each rep's own rate and
    the best guess at it, are told to admins, managers and analysts.
    """
    built = report.build(session, experiment(session, key), now=now, look=look)
    return report_export.as_json(built, reps=user.role in STAFF)


@router.get("/{key}/report.csv", response_class=Response, responses=AS_CSV)
def show_table(
    key: Key,
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*RESULT_READERS)],
    look: int | None = None,
) -> Response:
    """The report as a table: a row a milestone and variant."""
    built = report.build(session, experiment(session, key), now=now, look=look)
    return _csv(report_export.as_csv(built), key)


def _csv(text: str, name: str) -> Response:
    # A key may hold letters of any script; a header may not.
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv"}
    return Response(text, media_type="text/csv", headers=headers)
