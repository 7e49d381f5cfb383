"""How the site's log is written: a line for people, or a JSON object for programs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum

# What a record may carry beside its message; all else in it is Python's own.
_TOLD = ("method", "route", "status", "ms", "request_id")


class LogForm(StrEnum):
    """The forms that a log may have."""

    TEXT = "text"
    JSON = "json"


class JsonLines(logging.Formatter):
    """One JSON object a line, with the time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _TOLD if hasattr(record, name)}
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(form: LogForm) -> None:
    """Send everything from INFO on to standard error; in text, requests are left out."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines() if form is LogForm.JSON else logging.Formatter("%(levelname)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO if form is LogForm.JSON else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # Their lines come through the root, once and in one form.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
