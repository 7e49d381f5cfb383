"""Simulated teams with a past: reps of whom something is known, and what they then do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import betaincinv, ndtr

from analysis.sufficient import Bools, Floats, Ints

# Where the quantiles of true rates are reckoned; between them they are drawn straight.
_GRID = np.linspace(-6, 6, 1201)
# A true rate that is 0 or 1 for each rep is as alike as leads can be; this is as near.
_MOST_ALIKE = 0.999


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Team:
    """A team as simulations need it.

    Attributes:
        leads: That each rep may expect in the test, 1 or more, shape (G,).
        known: What is known of each from before, of mean 0 and spread 1, shape (G,).
        rate: The average rep's, under the control, in (0, 1).
        icc: How alike one rep's leads are, in [0, 1].
        foresight: Correlation of what is known with the rep's own true rate, in [0, 1].
        steadiness: Correlation of a rep's true rates in two periods, in [0, 1].
        cv: How far chance takes a rep's leads from what may be expected, over that.
    """

    leads: Floats
    known: Floats
    rate: float
    icc: float
    foresight: float = 0.0
    steadiness: float = 1.0
    cv: float = 0.0

    def with_leads(self, leads: Floats) -> Team:
        """The same reps, with more leads or fewer."""
        return replace(self, leads=np.maximum(leads, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Worlds:
    """The same team in many worlds: how good each rep truly is, and the leads that come.

    Attributes:
        standing: Each rep's place among all in either period, as a normal deviate, (2, W, G).
        leads: Shape (W, G).
        rng: For what is still to happen.
    """

    team: Team
    standing: Floats
    leads: Ints
    rng: np.random.Generator

    @classmethod
    def of(cls, team: Team, runs: int, rng: np.random.Generator) -> Worlds:
        """So many worlds of a team."""
        shape = (runs, len(team.leads))
        first = _mixed(_told(team) * team.known, _told(team), rng.standard_normal(shape))
        steady = team.steadiness
        second = _mixed(steady * first, steady, rng.standard_normal(shape))
        expected = np.broadcast_to(team.leads, shape)
        if team.cv > 0:
            gamma = team.cv**-2
            expected = rng.gamma(gamma, expected / gamma)
        leads = np.maximum((expected + rng.random(shape)).astype(np.int64), 1)
        return cls(team, np.stack([first, second]), leads, rng)

    def rates(self, effect: float, treated: Bools) -> Floats:
        """Each rep's rate where the treated follow the treatment, shape (W, G)."""
        return self._won(self.leads, effect, treated, period=0) / self.leads

    def changes(self, effect: float, later: Bools) -> Floats:
        """Half of each rep's change from the first period to the second, shape (W, G).

        Args:
            later: Who follows the treatment in the second period, and not in the first.
        """
        halves = np.maximum((self.leads / 2 + self.rng.random(later.shape)).astype(np.int64), 1)
        first, second = (
            self._won(halves, effect, treated, period) / halves
            for period, treated in enumerate((~later, later))
        )
        changes: Floats = (second - first) / 2
        return changes

    def arms(self, effect: float) -> tuple[Ints, Ints, Ints, Ints]:
        """Each rep's leads of the treatment, those won, and the control's; shape (W, G) each."""
        treated = self.rng.binomial(self.leads, 0.5)
        everyone = np.ones(self.leads.shape, dtype=np.bool_)
        control = self.leads - treated
        won = self._won(treated, effect, everyone, period=0)
        return treated, won, control, self._won(control, effect, ~everyone, period=0)

    def _won(self, leads: Ints, effect: float, treated: Bools, period: int) -> Ints:
        rates = np.where(
            treated,
            _true_rates(self.team, effect, self.standing[period]),
            _true_rates(self.team, 0.0, self.standing[period]),
        )
        won: Ints = self.rng.binomial(leads, rates)
        return won


def _mixed(part: Floats, share: float, chance: Floats) -> Floats:
    """Normal deviates of spread 1, of which a part is given."""
    mixed: Floats = part + sqrt(1 - share**2) * chance
    return mixed


def _told(team: Team) -> float:
    """How far what is known settles a rep's place: rates follow places by no straight line."""
    if team.icc == 0:
        return 0.0
    density = np.exp(-(_GRID**2) / 2)
    rates = _quantiles(team.icc, team.rate)
    off_mean = rates - np.average(rates, weights=density)
    spread = sqrt(float(np.average(off_mean**2, weights=density)))
    straight = float(np.average(off_mean * _GRID, weights=density)) / spread
    return min(team.foresight / straight, 1.0)


def _true_rates(team: Team, effect: float, standing: Floats) -> Floats:
    rate = min(max(team.rate + effect, 0.0), 1.0)
    if team.icc == 0 or rate in (0.0, 1.0):
        return np.full(standing.shape, rate)
    found: Floats = np.interp(standing, _GRID, _quantiles(team.icc, rate))
    return found


def _quantiles(icc: float, rate: float) -> Floats:
    """True rates at the grid's places: a beta distribution, as in `worlds`."""
    spread = 1 / min(icc, _MOST_ALIKE) - 1
    found: Floats = betaincinv(rate * spread, (1 - rate) * spread, ndtr(_GRID))
    return found
