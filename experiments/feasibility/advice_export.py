"""Advice as programs read it."""

from __future__ import annotations

from typing import Any

from experiments.feasibility.advisor import Advice, Option


def as_json(advice: Advice) -> dict[str, Any]:
    """The document of `stagelift plan advise --json` and of the API."""
    seen = advice.outlook
    return {
        "effect": advice.effect,
        "level": advice.level,
        "runs": advice.runs,
        "history": {
            "reps": len(seen.weekly),
            "weeks": seen.weeks,
            "leads_per_week": float(seen.weekly.sum()),
            "horizon_days": seen.horizon_days,
            "rate": seen.spread.rate,
            "icc": seen.spread.icc,
            "icc_interval": seen.spread.icc_interval,
            "cv": seen.spread.cv,
            "cv_interval": seen.spread.cv_interval,
            "steadiness": seen.steadiness,
        },
        "ways": [_way(option) for option in advice.options],
        "recommended": advice.recommended.way if advice.recommended else None,
        "fastest": advice.fastest.way if advice.fastest else None,
        "within_reach": advice.within_reach,
    }


def _way(option: Option) -> dict[str, Any]:
    return {
        "way": option.way,
        "weeks": option.weeks,
        "total_weeks": option.total_weeks,
        "power": option.power,
        "power_se": option.power_se,
        "smallest_p": option.smallest_p,
        "mixed_weeks": option.mixed_weeks,
        "risks": list(option.risks),
        "refused": option.refused.text if option.refused else None,
    }
