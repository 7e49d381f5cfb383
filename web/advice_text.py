"""Advice in words: what the ways of splitting are called, and what each risks."""

from __future__ import annotations

from collections.abc import Callable

from experiments.feasibility.advisor import A_YEAR, Advice, Option, Risk, Way
from web.texts import N_

Say = Callable[[str], str]
"""Translates a text."""

WAYS: dict[Way, str] = {
    Way.COMPLETE: N_("Split reps by chance"),
    Way.BY_TEAM: N_("Split reps within each team"),
    Way.PAIRED: N_("Split pairs of reps who did alike"),
    Way.RERANDOMISED: N_("Split reps until both halves did alike"),
    Way.ADJUSTED: N_("The same, and compare reps who did alike"),
    Way.CROSSOVER: N_("Each rep follows both, one after the other"),
    Way.LEADS: N_("Split each rep's leads"),
}

RISKS: dict[Risk, str] = {
    Risk.MIXING: N_("One rep works by both processes and may mix them up."),
    Risk.CARRY_OVER: N_("What a rep learned from the first process stays in the second period."),
    Risk.FAIRNESS: N_("Half of the reps sell by what may be the worse process until the end."),
    Risk.FEW_DRAWS: N_("There are so few ways to split that no result could be significant."),
    Risk.UNSTEADY: N_("The past hardly tells how these reps will do, so it gains little."),
}


def recommendation(advice: Advice, say: Say) -> str:
    """What to do, in a sentence or two."""
    points = f"{100 * advice.effect:+.1f}"
    best = advice.recommended
    if best is None:
        return _nothing(advice, points, say)
    text = say(
        N_(
            "Take “{way}”: it finds a difference of {points} points 80% of the time after {weeks}"
            " weeks of new leads, {total} weeks in all."
        )
    )
    said = text.format(way=say(WAYS[best.way]), points=points, **_weeks(best))
    if advice.fastest is best:
        return f"{said} {_without_risk(advice, say)}".strip()
    text = say(N_("“{way}” would take {total} weeks, but risks more."))
    assert advice.fastest  # noqa: S101 - there is one where there is a recommended one
    faster = text.format(way=say(WAYS[advice.fastest.way]), **_weeks(advice.fastest))
    return f"{said} {faster}"


def risks_of(option: Option, say: Say) -> list[str]:
    """What a way risks, a sentence each."""
    said = [say(RISKS[risk]) for risk in option.risks]
    if Risk.MIXING in option.risks and option.finds:
        said.append(_mixed(option, say))
    return said


def _mixed(option: Option, say: Say) -> str:
    if option.mixed_weeks is None:
        return say(N_("Were a fifth of the leads worked by the other one, a year would not do."))
    text = say(
        N_("Were a fifth of the leads worked by the other one, it would take {total} weeks.")
    )
    return text.format(total=round(option.mixed_weeks))


def _without_risk(advice: Advice, say: Say) -> str:
    """What to do instead where the recommended way lets a rep work by both processes."""
    calm = advice.calm
    if calm is advice.recommended:
        return ""
    if calm is None:
        return say(N_("No way by which each rep keeps to one process finds it within a year."))
    text = say(N_("If each rep must keep to one process: “{way}”, {total} weeks in all."))
    return text.format(way=say(WAYS[calm.way]), **_weeks(calm))


def _nothing(advice: Advice, points: str, say: Say) -> str:
    text = say(N_("No way finds a difference of {points} points within a year."))
    said = text.format(points=points)
    if advice.within_reach is None:
        none = say(N_("Not even the largest possible one would be found."))
        return f"{said} {none}"
    text = say(N_("The least that the best way finds in {weeks} weeks is {reach} points."))
    reach = f"{100 * advice.within_reach:+.1f}"
    return f"{said} {text.format(weeks=A_YEAR, reach=reach)}"


def _weeks(option: Option) -> dict[str, int]:
    return {"weeks": option.weeks or 0, "total": round(option.total_weeks or 0)}
