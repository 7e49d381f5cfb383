"""Where each role can go from every page."""

from __future__ import annotations

from collections.abc import Callable

from experiments.users import Role
from web.texts import N_

Item = tuple[str, str]

EXPERIMENTS: Item = ("/experiments", N_("Experiments"))
STAFF_ITEMS: tuple[Item, ...] = (
    EXPERIMENTS,
    ("/feasibility", N_("Feasibility")),
    ("/processes", N_("Processes")),
    ("/leads", N_("Leads")),
    ("/insight", N_("Insight")),
    ("/data", N_("Data")),
    ("/team", N_("Team")),
)
ITEMS: dict[Role, tuple[Item, ...]] = {
    Role.ADMIN: (*STAFF_ITEMS, ("/settings", N_("Settings"))),
    Role.MANAGER: STAFF_ITEMS,
    Role.ANALYST: STAFF_ITEMS,
    Role.REP: (
        ("/today", N_("Today")),
        ("/process", N_("My process")),
        ("/leads", N_("My leads")),
    ),
    Role.VIEWER: (EXPERIMENTS, ("/insight/programme", N_("Programme"))),
}


def nav_for(role: Role, path: str, *, say: Callable[[str], str]) -> list[dict[str, object]]:
    """The navigation of a role, as `base.html` reads it.

    Args:
        path: The page's own path, by which the current item is marked.
        say: Translates a label.
    """
    return [
        {"href": href, "label": say(label), "current": _holds(href, path)}
        for href, label in ITEMS[role]
    ]


def _holds(href: str, path: str) -> bool:
    return path == href or (href != "/" and path.startswith(href + "/"))
