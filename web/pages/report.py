"""The report's page, and the same as JSON and CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from experiments import experiment, lead_export, report_export
from experiments.report import Report, build
from experiments.users import User
from experiments.verdict import Verdict
from web import beside_figures, figures
from web.deps import DbSession, Now
from web.pages import reader_of, render
from web.security import RESULT_READERS, STAFF, allow
from web.wording import Words

router = APIRouter()
Reading = Annotated[User, allow(*RESULT_READERS)]


@router.get("/experiments/{key}")
def show(
    request: Request,
    user: Reading,
    session: DbSession,
    now: Now,
    key: str,
    look: int | None = None,
) -> Response:
    """The report, now or as a look saw it; a draft has a plan to look at instead."""
    found = experiment.experiment(session, key)
    if found.launched_at is None:
        return RedirectResponse(f"/experiments/{key}/plan", status_code=303)
    built = build(session, found, now=now, look=look)
    context = context_of(built, Words(reader_of(request)))
    seen = {"experiment": found, "role": user.role, "sees_reps": user.role in STAFF}
    shown = context | seen
    return render(request, "report/show.html", shown)


@router.get("/experiments/{key}/report.json")
def as_json(
    session: DbSession, now: Now, user: Reading, key: str, look: int | None = None
) -> Response:
    """The report as one JSON document; reps' own rates are for those who manage."""
    built = build(session, experiment.experiment(session, key), now=now, look=look)
    return JSONResponse(report_export.as_json(built, reps=user.role in STAFF))


@router.get("/experiments/{key}/report.csv", dependencies=[allow(*RESULT_READERS)])
def as_csv(session: DbSession, now: Now, key: str, look: int | None = None) -> Response:
    """The report as a table for a spreadsheet."""
    found = experiment.experiment(session, key)
    text = report_export.as_csv(build(session, found, now=now, look=look))
    # A byte order mark, or Excel misreads every letter beyond ASCII.
    headers = {"Content-Disposition": 'attachment; filename="report.csv"'}
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/experiments/{key}/leads.csv", dependencies=[allow(*STAFF)])
def leads_as_csv(session: DbSession, now: Now, key: str) -> Response:
    """The leads, one a row, for whoever checks."""
    found = experiment.experiment(session, key)
    text = lead_export.as_csv(lead_export.lead_rows(session, found, now=now))
    headers = {"Content-Disposition": 'attachment; filename="leads.csv"'}
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


def context_of(built: Report, words: Words) -> dict[str, Any]:
    """What the report's template shows to any reader."""
    shown = built.effects_shown
    return {
        "report": built,
        "words": words,
        "tone": _TONES.get(built.verdict, "undecided"),
        "variants": figures.variant_names(built),
        "milestone_chart": figures.milestone_rows(built, words) if shown else None,
        "funnel": figures.funnel_of_variants(built, words) if shown else (),
        "funnel_of_all": figures.funnel_of_all(built, words),
        "value_lines": beside_figures.value_lines(built),
        "value_forest": beside_figures.forest_of_value(built, words),
        "time_lines": beside_figures.time_lines(built),
        "won_by_day": beside_figures.courses_of(built, "won", words),
        "lost_by_day": beside_figures.courses_of(built, "lost", words),
        "won_days": beside_figures.days_of(built, "won"),
        "lost_days": beside_figures.days_of(built, "lost"),
        "forest": figures.forest_of_methods(built, words) if _has_others(built) else None,
    }


def _has_others(built: Report) -> bool:
    """Whether other methods stand beside the one that decides."""
    primary = built.primary
    return primary is not None and any(
        len(each.methods.estimates) > 1 for each in primary.comparisons
    )


# Colour only where the design allows a conclusion.
_TONES = {Verdict.ADOPT: "", Verdict.KEEP: "", Verdict.UNHEALTHY: "unhealthy"}
