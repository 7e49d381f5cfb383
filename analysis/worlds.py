"""Simulated teams: what a plan says is true, and what would then be seen."""

from __future__ import annotations

import numpy as np

from analysis.power import Plan
from analysis.sufficient import Floats, Ints


def simulated_rates(plan: Plan, effect: float, *, runs: int, rng: np.random.Generator) -> Floats:
    """Each rep's close rate in many teams; the first half of the reps is the treatment's.

    Leads per rep follow a gamma distribution of the plan's mean and cv, rounded by chance, with
    one lead at least. A rep's true rate follows a beta distribution about the variant's, whose
    likeness of two leads of a rep is the plan's ICC; wins are binomial.

    Args:
        effect: The true difference in rate points as a fraction, treatment minus control.
    Returns:
        Shape (runs, 2k) for k reps per variant.
    Raises:
        ValueError: if the treatment's rate would leave [0, 1].
    References:
        Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35:1292, for
        unequal leads; the beta-binomial of Williams (1975), Biometrics 31:949.
    """
    plan.check_effect(effect)
    shape = (runs, plan.reps_per_variant)
    arms = (plan.baseline + effect, plan.baseline)
    return np.hstack([_arm(plan, min(max(rate, 0.0), 1.0), shape, rng) for rate in arms])


def _arm(plan: Plan, rate: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    leads = _leads(plan, shape, rng)
    won: Ints = rng.binomial(leads, _true_rates(plan.icc, rate, shape, rng))
    return won / leads


def _leads(plan: Plan, shape: tuple[int, int], rng: np.random.Generator) -> Ints:
    mean = np.full(shape, plan.leads_per_rep)
    if plan.cv > 0:
        gamma = plan.cv**-2
        mean = rng.gamma(gamma, plan.leads_per_rep / gamma, size=shape)
    return np.maximum((mean + rng.random(shape)).astype(np.int64), 1)


def _true_rates(
    icc: float, rate: float, shape: tuple[int, int], rng: np.random.Generator
) -> Floats:
    if icc == 0 or rate in (0.0, 1.0):
        return np.full(shape, rate)
    if icc == 1:
        return (rng.random(shape) < rate).astype(np.float64)
    spread = 1 / icc - 1
    return rng.beta(rate * spread, (1 - rate) * spread, size=shape)
