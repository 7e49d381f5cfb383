"""The effect of following: against its definition, shift by shift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.adherence import cace
from analysis.estimate import Estimate, NotEstimable, Why, rejects
from analysis.randomization import randomization_test
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import every_split

TREATED = np.arange(8) < 4
EVERY = every_split(8, 4)


@st.composite
def teams(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Rates and shares that followed of eight reps, the first four treated."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    more = draw(st.sampled_from([0.0, 0.3, 0.8]))
    followed = np.clip(rng.random(8) * 0.2 + more * TREATED, 0, 1)
    return rng.random(8) + draw(st.sampled_from([0.0, 0.4])) * followed, followed


def judged(rates: Floats, followed: Floats, level: float = 0.95) -> Estimate:
    found = cace(rates, followed, TREATED, EVERY, exact=True, level=level)
    assert isinstance(found, Estimate)
    return found


def share_as_extreme(rates: Floats, followed: Floats, effect: float) -> float:
    """The p-value of an effect, from the plain randomisation test of what it leaves."""
    left = rates - effect * followed
    found = randomization_test(left, TREATED, EVERY, exact=True)
    assert isinstance(found, Estimate)
    return found.p


@given(teams())
def test_it_is_the_effect_of_being_assigned_over_the_difference_in_following(
    team: tuple[Floats, Floats],
) -> None:
    rates, followed = team
    assigned = rates[TREATED].mean() - rates[~TREATED].mean()
    more = followed[TREATED].mean() - followed[~TREATED].mean()
    assert judged(rates, followed).effect == pytest.approx(assigned / more)


@given(teams(), st.sampled_from([0.5, 0.8, 0.95]))
def test_beyond_the_ends_of_its_set_every_effect_is_rejected(
    team: tuple[Floats, Floats], level: float
) -> None:
    found = judged(*team, level=level)
    for end, away in zip(found.ci, (-1, 1), strict=True):
        if end is not None:
            # Far out the statistics run nearly level, and an end is known less finely.
            for step in (1e-4, 0.1, 3.0, 100.0):
                effect = end + away * step * max(1.0, abs(end))
                if not (end == 0 and found.p > 1 - level):
                    assert rejects(share_as_extreme(*team, effect), level=level)


@given(teams())
def test_no_effect_of_following_is_judged_like_none_of_being_assigned(
    team: tuple[Floats, Floats],
) -> None:
    found = judged(*team)
    assigned = randomization_test(team[0], TREATED, EVERY, exact=True)
    assert isinstance(assigned, Estimate)
    low, high = found.ci
    if low is not None and high is not None:
        assert found.p >= assigned.p - 1e-12
        assert found.is_significant == (not low <= 0 <= high)


def test_when_all_follow_it_is_the_plain_test() -> None:
    rates = np.random.default_rng(3).random(8)
    found = judged(rates, TREATED.astype(np.float64))
    plain = randomization_test(rates, TREATED, EVERY, exact=True)
    assert isinstance(plain, Estimate)
    assert found.effect == pytest.approx(plain.effect)
    assert found.ci == pytest.approx(plain.ci)
    assert found.p == plain.p


def test_when_following_hardly_differs_the_set_has_no_end() -> None:
    rng = np.random.default_rng(8)
    followed = 0.5 + 0.1 * rng.random(8)
    found = judged(rng.random(8), followed)
    assert found.ci == (None, None)


@pytest.mark.parametrize(
    ("rates", "followed", "why"),
    [
        (np.arange(8) / 8, np.full(8, 0.5), Why.SAME_FOLLOWING),
        (np.full(8, 0.5), TREATED.astype(float), Why.NO_VARIATION),
        (np.arange(8) / 8, np.arange(8) / 8, Why.NO_VARIATION),
    ],
)
def test_what_cannot_be_told_says_why(rates: Floats, followed: Floats, why: Why) -> None:
    assert cace(rates, followed, TREATED, EVERY, exact=True) == NotEstimable(why)


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_from_0_to_1(share: float) -> None:
    followed: Floats = np.full(8, share)
    with pytest.raises(ValueError, match=r"shares that followed|finite numbers"):
        cace(np.arange(8) / 8, followed, TREATED, EVERY, exact=True)


def test_mirrored_variants_give_the_same_effect() -> None:
    rng = np.random.default_rng(2)
    rates, followed = rng.random(8), 0.1 + 0.7 * TREATED + 0.1 * rng.random(8)
    other: Bools = ~TREATED
    turned = cace(rates, 1 - followed, other, EVERY, exact=True)
    assert isinstance(turned, Estimate)
    assert turned.effect == pytest.approx(-judged(rates, followed).effect)
