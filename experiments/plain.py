"""What was found, as a JSON document: dataclasses to objects, days and words to text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

from analysis.estimate import Estimate, NotEstimable

SECONDS_PER_DAY = 86_400


def plain(value: Any) -> Any:
    """The value as JSON knows it; lengths of time are days, with a fraction."""
    if isinstance(value, Estimate | NotEstimable):
        return value.as_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, timedelta):
        return round(value.total_seconds() / SECONDS_PER_DAY, 3)
    return value.isoformat() if isinstance(value, date) else value
