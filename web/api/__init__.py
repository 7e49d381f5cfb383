"""The JSON API, for programs with a token: one file a noun, each with its `router`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

PREFIX = "/api/v1"
Key = Annotated[str, Path(description="The key.", max_length=60)]


class Out(BaseModel):
    """What the API answers with, read from entities and dataclasses."""

    model_config = ConfigDict(from_attributes=True)


class Fault(BaseModel):
    """One fault: the field, row or id, and what is wrong. Lists count from 1."""

    where: str
    message: str


class Faults(BaseModel):
    """Why a request was refused; nothing of it was stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "errors": [{"where": "variants.2.weight", "message": "Give a number above 0."}]
            }
        }
    )

    errors: list[Fault]


# The status codes that every call may answer with, for OpenAPI.
FAULTS: dict[int | str, dict[str, Any]] = {
    401: {"model": Faults, "description": "No token, or one that was revoked"},
    403: {"model": Faults, "description": "Not open to the role of the token's user"},
    404: {"model": Faults, "description": "There is no such thing"},
    409: {"model": Faults, "description": "Somebody else changed the same thing meanwhile"},
    413: {"model": Faults, "description": "The request is over the limit"},
    422: {"model": Faults, "description": "Refused as a whole; every fault is named"},
    503: {"model": Faults, "description": "The database is away, busy or read-only"},
}
