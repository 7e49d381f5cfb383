"""What a report tells beside its milestones, for programs: values, times, reps' own rates.

Money is written in whole units of the plan's currency, as people write it; days are days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from babel.numbers import get_currency_precision

from analysis.estimate import Interval
from experiments.beside import Beside, RepRate
from experiments.comparing import Comparison, Group, Row
from experiments.describing import Course, Described, Figure
from experiments.metric import VALUE_PER_LEAD, Kind, Metric
from experiments.plan import Plan
from experiments.report import Report


def scale_of(metric: Metric, plan: Plan) -> float:
    """What an amount of a metric is multiplied by to be written."""
    return scale_in(plan.currency, metric)


def scale_in(currency: str, metric: Metric) -> float:
    """The same in a currency."""
    return 10.0 ** -get_currency_precision(currency) if metric.is_money else 1.0


def scaled(value: float | None, scale: float) -> float | None:
    """An amount as it is written."""
    return None if value is None else value * scale


def comparison_dict(comparison: Comparison, scale: float) -> dict[str, Any]:
    """A comparison's numbers, its effects and intervals in the unit that is written."""
    told = comparison.methods.as_dict()
    told["estimates"] = {name: _scaled(each, scale) for name, each in told["estimates"].items()}
    for correction in {"adjusted", "dunnett"} & told.keys():
        told[correction] = _scaled(told[correction], scale)
    family = {} if comparison.family_p is None else {"family_p": comparison.family_p}
    return {"variant": comparison.variant.key, **told, **family}


def value_dict(report: Report) -> dict[str, Any] | None:
    """The won value of a report whose plan names it; effects only where they are shown."""
    plan = report.plan
    if plan.valuation is None:
        return None
    row = next((each for each in report.rows if each.metric.kind is Kind.VALUE), None)
    scale = 10.0 ** -get_currency_precision(plan.currency)
    return {
        "currency": plan.currency,
        "cap": scaled(plan.valuation.cap, scale),
        "rates": dict(plan.valuation.rates),
        "missing": {"wins": report.missing.wins, "leads": list(report.missing.leads)},
        "groups": [_worth(group, scale) for group in report.groups if group.worth],
        "per_lead": row and _value_row(row, scale),
    }


def beside_dict(beside: Beside | None, plan: Plan, *, reps: bool) -> dict[str, Any]:
    """What is described, and where asked for each rep's own rate."""
    if beside is None:
        return {}
    likeness = {} if beside.likeness is None else {"likeness": asdict(beside.likeness)}
    told = {
        "described": [_described(each, scale_of(each.metric, plan)) for each in beside.described],
        "incidence": [_course(each) for each in beside.courses],
    }
    scale = scale_of(plan.primary, plan)
    rates = {"reps": [_rep_rate(each, scale) for each in beside.reps]} if reps else {}
    return told | likeness | rates


def _value_row(row: Row, scale: float) -> dict[str, Any]:
    return {
        "metric": row.metric.key,
        "primary": row.primary,
        "comparisons": [comparison_dict(each, scale) for each in row.comparisons],
        "without_largest": [comparison_dict(each, scale) for each in row.without_largest],
    }


def _worth(group: Group, scale: float) -> dict[str, Any]:
    assert group.worth  # noqa: S101 - asked where there is one
    return {
        "variant": group.variant.key,
        "leads": group.worth.leads,
        "wins": group.worth.wins,
        "missing": group.worth.missing,
        "total": group.worth.total * scale,
        "largest": group.worth.largest * scale,
        "per_lead": scaled(group.rates.get(VALUE_PER_LEAD), scale),
    }


def _described(each: Described, scale: float) -> dict[str, Any]:
    return {
        "metric": each.metric.key,
        "variants": [_figure(figure, scale) for figure in each.variants],
        "differences": [_figure(figure, scale) for figure in each.differences],
    }


def _figure(figure: Figure, scale: float) -> dict[str, Any]:
    if figure.value is None:
        return {"variant": figure.variant.key, "not_estimable": figure.why}
    return {
        "variant": figure.variant.key,
        "value": figure.value * scale,
        "ci": _ends(figure.ci, scale),
    }


def _course(course: Course) -> dict[str, Any]:
    table = zip(course.won_table, course.lost_table, strict=True)
    return {
        "variant": course.variant.key,
        "leads": course.leads,
        "won": [[each.day, each.share] for each in course.won],
        "lost": [[each.day, each.share] for each in course.lost],
        "days": [
            {
                "day": won.day,
                "won": won.share,
                "won_se": won.se,
                "lost": lost.share,
                "lost_se": lost.se,
            }
            for won, lost in table
        ],
    }


def _rep_rate(each: RepRate, scale: float) -> dict[str, Any]:
    return {
        "variant": each.variant.key,
        "rep": each.rate.rep,
        "name": each.name,
        "leads": each.rate.n,
        "raw": each.rate.raw * scale,
        "shrunken": each.rate.shrunken * scale,
        "ci": _ends(each.rate.interval, scale),
    }


def _scaled(told: Mapping[str, Any], scale: float) -> dict[str, Any]:
    amounts = {name: told[name] * scale for name in ("effect", "se") if name in told}
    ends = {"ci": _ends(told["ci"], scale)} if "ci" in told else {}
    return {**told, **amounts, **ends}


def _ends(ends: Interval | Sequence[float | None] | None, scale: float) -> list[float | None]:
    return [scaled(end, scale) for end in ends or (None, None)]
