"""What people and programs write: the base of all that is checked on entry."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

NULL = "\0"


class Written(BaseModel):
    """Refuses unknown fields, and the null character, which PostgreSQL cannot store."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, written: Any) -> Any:
        if isinstance(written, dict):
            for name, value in written.items():
                # Asked of every field of every event: plain steps, no generator.
                if isinstance(value, str):
                    holds = NULL in value
                else:
                    holds = isinstance(value, list) and _any_holds_null(value)
                if holds:
                    raise ValueError(f"{name} holds a null character")
        return written


def _any_holds_null(values: list[Any]) -> bool:
    return any(isinstance(value, str) and NULL in value for value in values)
