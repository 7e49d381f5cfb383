"""The form of an experiment: from what was typed to the domain's draft, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.datastructures import FormData

from experiments.draft_fields import ExperimentDraft
from experiments.metric import CATALOGUE, TESTED
from experiments.metric_draft import GuardrailDraft
from experiments.people import Team
from experiments.problem import Problem
from web.deps import field, typed
from web.rows import Row, rearranged, rows_of, values_of
from web.texts import N_

Values = Mapping[str, str | Sequence[str]]

ROW = ("name", "process", "weight", "defining_actions", "control")
EMPTY_ROW: Row = {
    "name": "",
    "process": "",
    "weight": "1",
    "defining_actions": "",
    "control": "",
}
MOST_VARIANTS: int = ExperimentDraft.model_json_schema()["properties"]["variants"]["maxItems"]
# The page has one place for what the domain keeps apart, and no field for the key.
PLACES = {"key": "name", "teams": "reps", "milestone": "metric"}
PLAIN = (
    "name",
    "hypothesis",
    "unit",
    "metric",
    "horizon_days",
    "level",
    "design",
    "looks",
    "spending",
)
# Shares that the form has in percent, and the draft as fractions.
PERCENTS = ("missing_limit", "adherence_floor")
TITLES = {
    "name": N_("Name"),
    "hypothesis": N_("What you expect"),
    "variants.*.name": N_("Variant {number}, name"),
    "variants.*.process": N_("Variant {number}, process"),
    "variants.*.weight": N_("Variant {number}, share"),
    "variants.*.defining_actions": N_("Variant {number}, what following it means"),
    "reps": N_("Who takes part"),
    "unit": N_("What is split"),
    "metric": N_("What decides"),
    "cap": N_("What a win counts as at most"),
    "rates": N_("Other currencies"),
    "secondary": N_("What is told beside it"),
    "horizon_days": N_("Days that each lead gets"),
    "level": N_("Level"),
    "design": N_("How the team is split"),
    "covariate": N_("What is known of reps from before"),
    "join_rule": N_("Who joins later"),
    "exclusion_group": N_("Exclusion group"),
    "washout_days": N_("Days between the periods"),
    "looks": N_("Planned looks"),
    "guardrails": N_("What must not get worse"),
    "missing_limit": N_("Leads of which something may be missing"),
    "stale_days": N_("Days that data may be old"),
    "adherence_floor": N_("Leads that should be followed up"),
    "enrol_from": N_("First day of enrolment"),
    "enrol_until": N_("Last day of enrolment"),
}
DEFAULT_WEEKS = 8


def blank(today: date) -> Values:
    """What stands in the form of a new experiment."""
    return {
        "variants.1.weight": "1",
        "variants.2.weight": "1",
        "control": "1",
        "secondary": tuple(CATALOGUE),
        "enrol_from": (today + timedelta(days=1)).isoformat(),
        "enrol_until": (today + timedelta(weeks=DEFAULT_WEEKS)).isoformat(),
    }


def values_of_draft(draft: ExperimentDraft, teams: Sequence[Team]) -> Values:
    """What stands in the form of an experiment that is edited.

    A team all of which takes part is ticked as a whole.
    """
    whole, single = _by_team(draft.reps, teams)
    rows = [
        {
            "name": each.name,
            "process": each.process,
            "weight": f"{each.weight:g}",
            "defining_actions": "\n".join(each.defining_actions),
        }
        for each in draft.variants
    ]
    control = next(at for at, each in enumerate(draft.variants, start=1) if each.control)
    return {
        **{name: str(getattr(draft, name)) for name in PLAIN},
        **{f"guard.{each.key}": _margin_written(each) for each in draft.guardrails},
        "secondary": tuple(draft.secondary or ()),
        "cap": "" if draft.cap is None else f"{draft.cap:.15g}",
        "rates": "\n".join(f"{code} {rate:.15g}" for code, rate in sorted(draft.rates.items())),
        **{name: f"{100 * getattr(draft, name):g}" for name in PERCENTS},
        "stale_days": str(draft.stale_days),
        **values_of("variants", rows),
        "control": str(control),
        "teams": whole,
        "reps": single,
        "by_account": "yes" if draft.by_account else "",
        "rehearsal": "yes" if draft.rehearsal else "",
        "covariate": draft.covariate or "",
        "join_rule": draft.join_rule or "",
        "exclusion_group": draft.exclusion_group or "",
        "washout_days": "" if draft.washout_days is None else str(draft.washout_days),
        "enrol_from": draft.enrol_from.isoformat(),
        "enrol_until": draft.enrol_until.isoformat(),
    }


def written(form: FormData, key: str) -> dict[str, Any]:
    """What was typed, in the shape that the domain checks.

    Args:
        key: Of the experiment that is edited; empty for a new one.
    """
    given = {name: field(form, name) for name in ("design", "looks", "spending", "stale_days")}
    percents = {name: field(form, name).strip().replace(",", ".") for name in PERCENTS}
    return {
        **{name: field(form, name) for name in (*PLAIN, "enrol_from", "enrol_until")},
        # What an older form did not ask for has its usual value.
        **{name: value or _USUAL[name] for name, value in given.items()},
        # A form of before asks for a milestone.
        "metric": field(form, "metric") or field(form, "milestone"),
        # What decides is not ticked beside itself; with nothing ticked nothing is told.
        "secondary": form.getlist("secondary") if field(form, "beside") else None,
        "cap": field(form, "cap").replace(",", ".") or None,
        "rates": _rates(field(form, "rates")),
        **{name: _fraction(value) for name, value in percents.items() if value},
        "guardrails": _guardrails(form),
        "key": key,
        "variants": [
            {
                **row,
                "control": bool(row["control"]),
                "weight": row["weight"].replace(",", "."),
                "defining_actions": _lines(row["defining_actions"]),
            }
            for row in _rows(form)
        ],
        "teams": form.getlist("teams"),
        "reps": form.getlist("reps"),
        "by_account": bool(field(form, "by_account")),
        "rehearsal": bool(field(form, "rehearsal")),
        "covariate": field(form, "covariate") or None,
        "join_rule": field(form, "join_rule") or None,
        "exclusion_group": field(form, "exclusion_group").strip() or None,
        "washout_days": field(form, "washout_days") or None,
    }


def after(form: FormData, act: str) -> Values:
    """What stands in the form after a variant was added or removed."""
    rows, _ = rearranged(_rows(form), act, new=EMPTY_ROW)
    control = [str(at) for at, row in enumerate(rows, start=1) if row["control"]]
    kept = {name: value for name, value in typed(form).items() if not _of_a_row(name)}
    shown = [{name: row[name] for name in ROW if name != "control"} for row in rows]
    return {**kept, **values_of("variants", shown), "control": control}


def placed(problems: Sequence[Problem]) -> list[Problem]:
    """The problems at the places that the form has for them."""
    return [_placed(each) for each in problems]


def _placed(each: Problem) -> Problem:
    place, _, _ = each.where.partition(".")
    if place in ("rates", "secondary"):
        return Problem(place, each.message, each.values)
    where, last, _ = each.where.rpartition(".defining_actions.")
    if last:
        return Problem(f"{where}.defining_actions", each.message, each.values)
    if place != "guardrails" and place not in PERCENTS:
        return Problem(PLACES.get(each.where, each.where), each.message, each.values)
    # The form speaks in points, also where a share's margin is too large.
    values = {
        name: round(100 * value) if isinstance(value, float) else value
        for name, value in each.values.items()
    }
    return Problem(place, each.message, values)


_USUAL = {
    "design": "complete",
    "looks": "1",
    "spending": "obrien-fleming",
    "stale_days": "7",
}


def _guardrails(form: FormData) -> list[dict[str, Any]]:
    """The metrics that have a margin: in points, or in the company's currency."""
    said = {each: field(form, f"guard.{each}").strip().replace(",", ".") for each in TESTED}
    return [
        {"metric": each, "margin": margin if CATALOGUE[each].is_money else _fraction(margin)}
        for each, margin in said.items()
        if margin
    ]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _fraction(points: str) -> float | str:
    try:
        return float(points) / 100
    except ValueError:
        return points


def _margin_written(guardrail: GuardrailDraft) -> str:
    points = 1 if CATALOGUE[guardrail.key].is_money else 100
    return f"{points * guardrail.margin:.15g}"


def _rates(text: str) -> dict[str, str]:
    """Lines such as `USD 0.92`."""
    lines = (line.replace("=", " ").split() for line in text.splitlines())
    return {code: " ".join(rate).replace(",", ".") for code, *rate in filter(None, lines)}


def _rows(form: FormData) -> list[Row]:
    chosen = form.getlist("control")
    rows = rows_of(form, "variants", tuple(name for name in ROW if name != "control"))
    return [
        {**row, "control": "yes" if str(number) in chosen else ""}
        for number, row in enumerate(rows, start=1)
    ]


def _of_a_row(name: str) -> bool:
    return name == "control" or name.startswith("variants.")


def _by_team(reps: Sequence[str], teams: Sequence[Team]) -> tuple[list[str], list[str]]:
    left = set(reps)
    whole = []
    for team in teams:
        members = {rep.external_id for rep in team.reps if rep.left_at is None}
        if members and members <= left:
            whole.append(team.name)
            left -= members
    return whole, sorted(left)
