"""Processes to begin from: those of the demo's company, with the reader's own name in them, and
some that it does not use."""

from __future__ import annotations

from functools import cache
from importlib import resources

from experiments.demo.company import NAME, process_texts
from experiments.problem import NotFound
from experiments.process_draft import ProcessDraft, read_yaml

# How the demo's people call their company on the telephone.
SPOKEN = NAME.split()[0]


def templates() -> tuple[ProcessDraft, ...]:
    """Every process to begin from, by name; of several versions the newest."""
    found = {draft.key: draft for draft in map(read_yaml, _texts())}
    return tuple(sorted(found.values(), key=lambda draft: draft.name))


def template(key: str, *, company: str) -> ProcessDraft:
    """The process to begin from with that key. Raises NotFound.

    Args:
        company: The name that stands in its instructions.
    """
    for draft in templates():
        if draft.key == key:
            return _of(company, draft)
    raise NotFound("template", key)


@cache
def _texts() -> tuple[str, ...]:
    folder = resources.files("experiments.templates")
    own = [each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".yaml")]
    return (*process_texts(), *own)


def _of(company: str, draft: ProcessDraft) -> ProcessDraft:
    for action in (each for stage in draft.stages for each in stage.actions):
        action.instructions = action.instructions.replace(SPOKEN, company)
    return draft
