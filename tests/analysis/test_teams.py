"""Simulated teams are as alike, and as foreseeable, as they are said to be."""

import numpy as np
import pytest

from analysis.icc import anova_icc
from analysis.planned_design import normal_scores
from analysis.sufficient import Bools, RepTotals
from analysis.teams import Team, Worlds


def team(**said: float) -> Team:
    usual = {"rate": 0.2, "icc": 0.1, "foresight": 0.6, "steadiness": 0.8}
    return Team(leads=np.full(400, 60.0), known=normal_scores(400), **usual | said)


def split(runs: int, *, treated: bool) -> Bools:
    return np.full((runs, 400), treated)


def test_rates_leads_and_likeness_are_those_of_the_plan() -> None:
    worlds = Worlds.of(team(cv=0.5), 20, np.random.default_rng(1))
    assert worlds.leads.mean() == pytest.approx(60, rel=0.02)
    assert worlds.leads.std() / worlds.leads.mean() == pytest.approx(0.5, abs=0.03)
    rates = worlds.rates(0.0, split(20, treated=False))
    assert rates.mean() == pytest.approx(0.2, abs=0.006)
    won = np.rint(rates * worlds.leads).astype(np.int64)
    found = [
        anova_icc([RepTotals.of_counts([*map(str, range(400))], n, w)])
        for n, w in zip(worlds.leads, won, strict=True)
    ]
    assert np.mean([each for each in found if each is not None]) == pytest.approx(0.1, abs=0.006)
    raised = worlds.rates(0.1, split(20, treated=True))
    assert raised.mean() - rates.mean() == pytest.approx(0.1, abs=0.006)


def test_what_is_known_goes_with_what_happens_as_said() -> None:
    # Observed rates vary by ICC + (1 − ICC)/m about what is true.
    worlds = Worlds.of(team(), 60, np.random.default_rng(2))
    rates = worlds.rates(0.0, split(60, treated=False))
    found = [np.corrcoef(worlds.team.known, each)[0, 1] for each in rates]
    expected = 0.6 * np.sqrt(0.1 / (0.1 + 0.9 / 60))
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / np.sqrt(60))


def test_a_change_between_periods_is_half_the_effect_either_way() -> None:
    worlds = Worlds.of(team(steadiness=1.0), 60, np.random.default_rng(3))
    later, first = (worlds.changes(0.1, split(60, treated=each)).mean() for each in (True, False))
    assert (later, first) == pytest.approx((0.05, -0.05), abs=0.002)


def test_steady_reps_change_less() -> None:
    spreads = [
        Worlds.of(team(steadiness=each), 30, np.random.default_rng(4))
        .changes(0.0, split(30, treated=True))
        .var()
        for each in (0.0, 1.0)
    ]
    # By hand: (V + V − 2·cov)/4 with V = pq(ICC + (1 − ICC)/30), cov = steadiness·pq·ICC.
    assert spreads == pytest.approx([0.16 * (0.1 + 0.9 / 30) / 2, 0.16 * 0.9 / 30 / 2], rel=0.05)


def test_leads_fall_to_both_variants_by_chance() -> None:
    treated, won1, control, won0 = Worlds.of(team(), 50, np.random.default_rng(5)).arms(0.1)
    assert treated.mean() == pytest.approx(30, abs=0.2)
    assert ((treated + control) >= 60).all()
    difference = won1.sum() / treated.sum() - won0.sum() / control.sum()
    assert difference == pytest.approx(0.1, abs=0.004)


@pytest.mark.parametrize(("icc", "rate"), [(0.0, 0.2), (1.0, 0.2), (0.1, 1.0)])
def test_reps_all_alike_or_all_or_nothing_are_teams_too(icc: float, rate: float) -> None:
    worlds = Worlds.of(team(icc=icc, rate=rate), 10, np.random.default_rng(6))
    rates = worlds.rates(0.0, split(10, treated=False))
    assert rates.mean() == pytest.approx(rate, abs=0.03)
    if icc == 1.0:
        assert np.mean((rates < 0.02) | (rates > 0.98)) > 0.95
