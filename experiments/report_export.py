"""A report for programs and spreadsheets: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from analysis.estimate import Estimate
from experiments.adherence import Followed
from experiments.beside_export import (
    beside_dict,
    comparison_dict,
    scale_in,
    scale_of,
    scaled,
    value_dict,
)
from experiments.check import Check, State
from experiments.comparing import Comparison, Group, Row
from experiments.consequence import Consequence, consequences
from experiments.earlier import Earlier
from experiments.metric import Kind, Metric, Quantity
from experiments.report import Report
from experiments.tables.refused import harmless
from experiments.verdict import RECOMMENDED

CSV_COLUMNS = (
    "experiment",
    "milestone",
    "primary",
    "variant",
    "control",
    "enrolled",
    "matured",
    "reached",
    "rate",
    "method",
    "effect",
    "low",
    "high",
    "p",
    "metric",
    "unit",
)


def as_json(report: Report, *, reps: bool = False) -> dict[str, Any]:
    """The report as plain values, ready for a JSON document.

    Args:
        reps: Whether each rep's own rate is told too, to whoever may see it.
    """
    return {
        "experiment": report.plan.experiment,
        "name": report.name,
        "status": report.status,
        "plan_hash": report.plan_hash,
        "unit": report.plan.unit,
        "metric": report.plan.primary.key,
        "milestone": report.plan.milestone,
        "horizon_days": report.plan.horizon_days,
        "level": report.plan.level,
        "rehearsal": report.plan.rehearsal,
        "as_of": report.as_of.isoformat(),
        "complete_through": report.complete_through.isoformat(),
        "measured_at": report.measured_at.isoformat(),
        "verdict": report.verdict,
        "recommended": list(RECOMMENDED[report.verdict]),
        "winner": report.winner.variant.key if report.winner else None,
        "effects_shown": report.effects_shown,
        "leads": {"enrolled": report.enrolled, "matured": report.matured, "open": report.open},
        "pooled": dict(report.pooled),
        "groups": [_group(group) for group in report.groups],
        "milestones": [_row(row) for row in report.rows if row.metric.kind is Kind.SHARE],
        "value": value_dict(report),
        **beside_dict(report.beside, report.plan, reps=reps),
        "consequences": [_consequence(report, each) for each in consequences(report)],
        "checks": [_check(check) for check in report.checks],
        "notes": [{"caveat": n.caveat, **_plain(dict(n.values))} for n in report.notes],
        "decision": report.decision.choice if report.decision else None,
        "guardrails": [
            {
                "variant": each.variant.key,
                "metric": each.metric.key,
                "milestone": each.metric.milestone,
                "margin": each.margin * scale_of(each.metric, report.plan),
                "ci": [scaled(end, scale_of(each.metric, report.plan)) for end in each.interval]
                if each.interval
                else None,
                "standing": each.standing,
            }
            for each in report.guardrails
        ],
        "followed": [_followed(report, each) for each in report.followed],
        "phase": report.plan.phase,
        "earlier_phases": [_earlier(report, each) for each in report.earlier],
        "look": report.look,
        "looks": [
            {
                "number": each.planned.number,
                "share": each.planned.share,
                "due_at": each.planned.due_at.isoformat(),
                "taken_at": each.taken_at.isoformat() if each.taken_at else None,
            }
            for each in report.looks
        ],
    }


def as_csv(report: Report) -> str:
    """A row a metric and variant, money in the plan's currency.

    Cells that a spreadsheet might run are quoted.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _csv_rows(report):
        writer.writerow({name: _safe(value) for name, value in row.items()})
    return out.getvalue()


def _check(check: Check) -> dict[str, Any]:
    passed = None if check.state is State.UNKNOWN else not check.failed
    return {"name": check.name, "blocks": check.blocks, "state": check.state, "passed": passed}


def _followed(report: Report, found: Followed) -> dict[str, Any]:
    """What was followed of a treatment, and what following it brings."""
    effect = report.effect_of_following(found)
    return {
        "variant": found.variant.key,
        "actions": list(found.variant.defining_actions),
        "floor": report.plan.adherence_floor,
        "groups": [
            {
                "variant": of.key,
                "matured": found.leads(of.id),
                "followed": found.followed(of.id),
                "share": found.share(of.id),
            }
            for of in (report.plan.control, found.variant)
        ],
        "effect": effect and effect.as_dict(),
    }


def _consequence(report: Report, found: Consequence) -> dict[str, Any]:
    scale = scale_of(report.plan.primary, report.plan)
    return {
        "variant": found.comparison.variant.key,
        "leads_a_quarter": found.leads,
        "amount": found.amount * scale,
        "ci": [scaled(end, scale) for end in found.interval],
    }


def _earlier(report: Report, phase: Earlier) -> dict[str, Any]:
    scale = scale_of(report.plan.primary, report.plan)
    return {
        "phase": phase.number,
        "plan_hash": phase.plan_hash,
        "from_at": phase.from_at.isoformat(),
        "until_at": phase.until_at.isoformat(),
        "reason": phase.reason,
        "changed": [
            {"variant": name, "before": before, "after": after}
            for name, before, after in phase.changed
        ],
        "groups": [_group(group) for group in phase.groups],
        "comparisons": [comparison_dict(each, scale) for each in phase.comparisons],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "variant": group.variant.key,
        "name": group.variant.name,
        "process": group.variant.process,
        "control": group.variant.control,
        "reps": group.reps,
        "enrolled": group.enrolled,
        "matured": group.matured,
        "open": group.open,
        "reached": dict(group.reached),
        "rates": {each: group.rates[each] for each in group.reached},
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "milestone": row.milestone,
        "primary": row.primary,
        "comparisons": [comparison_dict(each, 1.0) for each in row.comparisons],
    }


def _csv_rows(report: Report) -> Iterator[dict[str, Any]]:
    comparisons = {
        (row.metric, each.variant.key): each for row in report.rows for each in row.comparisons
    }
    for row in report.rows:
        for group in report.groups:
            key, scale = group.variant.key, scale_of(row.metric, report.plan)
            yield {
                "experiment": report.plan.experiment,
                "metric": row.metric.key,
                "milestone": row.milestone if row.metric.kind is Kind.SHARE else "",
                "primary": int(row.primary),
                "variant": group.variant.name,
                "control": int(group.variant.control),
                "enrolled": group.enrolled,
                "matured": group.matured,
                "reached": group.reached[row.milestone],
                "rate": scaled(group.rates[row.metric.key], scale),
                "unit": report.plan.currency if row.metric.is_money else "",
                **_estimate(comparisons.get((row.metric, key)), scale),
            }


def _estimate(comparison: Comparison | None, scale: float) -> dict[str, Any]:
    if comparison is None or not isinstance(comparison.result, Estimate):
        return {}
    low, high = comparison.interval or (None, None)
    return {
        "method": comparison.methods.primary,
        "effect": comparison.result.effect * scale,
        "low": scaled(low, scale),
        "high": scaled(high, scale),
        "p": comparison.p,
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _of_note(value) for name, value in values.items()}


def _of_note(value: Any) -> Any:
    if isinstance(value, Metric):
        return value.key
    if isinstance(value, Quantity):
        return value.amount * scale_in(value.currency, value.metric)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _safe(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value
