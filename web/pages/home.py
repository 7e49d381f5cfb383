"""The home page: each role begins where its work is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from experiments.users import Role, User
from web.security import EVERYONE, allow

router = APIRouter()


@router.get("/")
def home(user: Annotated[User, allow(*EVERYONE)]) -> Response:
    """A rep begins with today's work, everyone else with the experiments."""
    return RedirectResponse("/today" if user.role is Role.REP else "/experiments", 303)
