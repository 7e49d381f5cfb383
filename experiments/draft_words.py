"""The processes and people that the words of a draft stand for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from experiments.people import Rep, reps_by_external_id, team_named
from experiments.problem import NotFound, Problem, problem
from experiments.process import ProcessVersion, version_of


def versions_meant(
    session: Session, words: Sequence[str], problems: list[Problem]
) -> list[ProcessVersion | None]:
    """The version of each variant; None where none is named, or the named one is not there.

    Args:
        words: A process's key, or `key@2`, of each variant in order; empty for none yet.
        problems: Gets what is wrong.
    """
    found: list[ProcessVersion | None] = []
    for at, word in enumerate(words, start=1):
        try:
            found.append(version_of(session, word) if word else None)
        except NotFound:
            found.append(None)
            text = "There is no process {process}."
            problems.append(problem(f"variants.{at}.process", text, process=word))
    return found


def reps_meant(
    session: Session, ids: Sequence[str], teams: Sequence[str], problems: list[Problem]
) -> list[Rep]:
    """Those of these external ids, and everybody of these teams who has not left.

    Args:
        problems: Gets what is wrong.
    """
    known = reps_by_external_id(session, ids)
    problems.extend(
        problem("reps", "There is no rep {rep}.", rep=each) for each in ids if each not in known
    )
    taking_part = dict(known)
    for name in teams:
        try:
            members = team_named(session, name).reps
        except NotFound:
            problems.append(problem("teams", "There is no team {team}.", team=name))
            continue
        taking_part.update({rep.external_id: rep for rep in members if rep.left_at is None})
    return sorted(taking_part.values(), key=lambda rep: rep.external_id)
