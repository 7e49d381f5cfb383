"""What the fields of a plan choose from: processes, people, figures of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from experiments import exclusion, people, process
from experiments.company import the_company
from experiments.metric import CATALOGUE, TESTED
from web import format
from web.experiment_form import MOST_VARIANTS
from web.pages import reader_of
from web.plan_words import SPENDINGS
from web.sentences import metric_name

LEVELS = (0.9, 0.95, 0.99)
MOST_LOOKS = 5


def choices(
    request: Request, session: Session, *, level: float | None = None
) -> Mapping[str, Any]:
    """What `experiments/fields.html` and `participants.html` are given.

    Args:
        level: Of the plan, offered beside the usual ones.
    """
    say = reader_of(request).translations.gettext
    everyone = people.reps(session)
    tested = [(CATALOGUE[key], say(metric_name(CATALOGUE[key]))) for key in TESTED]
    return {
        "most": MOST_VARIANTS,
        "versions": [(each.reference, each.title) for each in process.versions(session)],
        "decisive": [(metric.key, name) for metric, name in tested],
        "guarded": tested,
        "told": [(key, say(metric_name(each)), "") for key, each in CATALOGUE.items()],
        "currency": the_company(session).currency,
        "levels": _levels(request, level),
        "looks": [(str(each), str(each)) for each in range(1, MOST_LOOKS + 1)],
        "spendings": [(value, say(label)) for value, label in SPENDINGS.items()],
        "teams": [
            {"name": team.name, "reps": [each for each in everyone if each.team_id == team.id]}
            for team in people.teams(session)
        ],
        "exclusion_groups": exclusion.groups(session),
        "loose": [each for each in everyone if each.team_id is None],
    }


def _levels(request: Request, level: float | None) -> list[tuple[str, str]]:
    """The usual levels, and the plan's own where it is another one."""
    locale = reader_of(request).locale
    levels = sorted({*LEVELS, level} if level else LEVELS)
    return [
        (str(each), format.percent(each, locale=locale, digits=0 if each in LEVELS else 1))
        for each in levels
    ]
