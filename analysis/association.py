"""What goes with winning: leads with an action against leads without it, within reps.

An association, never a proof: what makes a rep take an action for one lead and not for another
may be what wins it. Two things that mislead for certain are taken out. Good reps do more of
everything, so leads are compared with leads of the same rep only. A long-lived lead has had more
time for actions, so leads are compared as they stood on a landmark day: still open in the stage
then, the action done by then or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.estimate import NotEstimable, Result, Why, check_level, rejects
from analysis.multiplicity import holm, holm_levels
from analysis.proportion import Stratum, mh_p, mh_score
from analysis.sufficient import Counts

LEAST_LEADS = 30
LEAST_OUTCOMES = 10


@dataclass(frozen=True, slots=True)
class Side:
    """Leads with an action, or without it, summed over reps."""

    leads: int
    won: int

    @property
    def close_rate(self) -> float | None:
        """Share of all of them that was won; None without any."""
        return self.won / self.leads if self.leads else None


@dataclass(frozen=True, slots=True)
class Association:
    """What one action goes with.

    Attributes:
        result: Difference of close rates, with minus without, within reps. Its interval holds
            at the level that the correction for all actions leaves it.
        adjusted_p: Holm's; None where the action is too rare to be in the family.
        level: Of the claim, before the correction.
    """

    with_action: Side
    without: Side
    result: Result
    adjusted_p: float | None
    level: float

    @property
    def claimed(self) -> bool:
        """Whether it is told from chance, with all other actions looked at too."""
        return self.adjusted_p is not None and rejects(self.adjusted_p, level=self.level)


def associations(
    actions: Sequence[Sequence[Stratum]], *, level: float = 0.95
) -> tuple[Association, ...]:
    """Judge all actions of all stages as one family.

    The chance of any false claim among them is at most 1 − level (Holm), whatever the actions
    have to do with each other. Actions with too few leads or outcomes on either side are told as
    such and cost the others nothing: that depends on how many there are, not on who won.

    Args:
        actions: For each action the reps who have leads on both sides; `treatment` are the
            leads with it, `control` those without.
    References:
        Mantel & Haenszel (1959), JNCI 22:719; Miettinen & Nurminen (1985), Statistics in
        Medicine 4:213; van Houwelingen (2007), Scandinavian Journal of Statistics 34:70, for
        landmarks; Holm (1979), Scandinavian Journal of Statistics 6:65.
    """
    check_level(level)
    adjusted = adjusted_ps(actions)
    held = [at for at, p in enumerate(adjusted) if p is not None]
    levels = holm_levels([mh_p(actions[at]) for at in held], level=level)
    level_of = dict(zip(held, levels, strict=True))
    found = []
    for at, strata in enumerate(actions):
        result: Result = NotEstimable(Why.TOO_FEW_LEADS)
        if at in level_of:
            result = mh_score(strata, level=level_of[at])
        found.append(Association(*_sides(strata), result, adjusted[at], level))
    return tuple(found)


def adjusted_ps(actions: Sequence[Sequence[Stratum]]) -> list[float | None]:
    """Holm's p-value of each action; None for one too rare to be judged."""
    held = [at for at, strata in enumerate(actions) if not _too_few(*_sides(strata))]
    found: list[float | None] = [None] * len(actions)
    for at, p in zip(held, holm([mh_p(actions[at]) for at in held]), strict=True):
        found[at] = p
    return found


def stratum(with_action: tuple[int, int], without: tuple[int, int]) -> Stratum | None:
    """One rep's leads and wins on both sides; None where one side is empty and compares nothing.

    Raises:
        ValueError: for more wins than leads.
    """
    if not with_action[0] or not without[0]:
        return None
    return Stratum(control=Counts(*without), treatment=Counts(*with_action))


def _sides(strata: Sequence[Stratum]) -> tuple[Side, Side]:
    with_action = [each.treatment for each in strata]
    without = [each.control for each in strata]
    return _side(with_action), _side(without)


def _side(counts: Sequence[Counts]) -> Side:
    return Side(sum(each.n for each in counts), sum(each.reached for each in counts))


def _too_few(with_action: Side, without: Side) -> bool:
    leads, won = with_action.leads + without.leads, with_action.won + without.won
    few = min(with_action.leads, without.leads) < LEAST_LEADS
    return few or min(won, leads - won) < LEAST_OUTCOMES
