"""The table of methods: which answers, which decides, and what several treatments change."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.methods import compare_amounts, compare_leads, compare_reps
from analysis.multiplicity import holm
from analysis.pairs import AmountPair, LeadLooks, LeadPair, RepLooks, RepPair
from analysis.planned_looks import LookPlan
from analysis.proportion import Stratum, mh_score, score_difference
from analysis.rep_level import rep_rates
from analysis.sequential import Spending
from analysis.sufficient import Amounts, Counts
from analysis.value import welch
from tests.analysis.conftest import Trial

CONTROL = Counts(400, 40)
TREATMENTS = {"B": Counts(400, 60), "C": Counts(380, 72), "D": Counts(410, 42)}


def rep_pair(data: Trial) -> RepPair:
    return RepPair(data.totals, data.treated, data.redraws, exact=True)


def lead_pairs(*names: str) -> dict[str, LeadPair]:
    return {name: LeadPair(CONTROL, TREATMENTS[name]) for name in names}


def test_split_reps_are_decided_by_the_randomisation_test(trial: Callable[[str], Trial]) -> None:
    found = compare_reps({"B": rep_pair(trial("crt10"))})["B"]
    assert found.primary == "randomization"
    assert list(found.estimates) == ["randomization", "rep_t", "rep_welch", "cr2", "rep_ancova"]
    assert isinstance(found.result, Estimate)
    # R 4.2.2: all 252 assignments listed.
    assert found.result.p == pytest.approx(0.007936507936508)
    assert found.adjusted is None


def test_split_leads_are_decided_by_the_score() -> None:
    found = compare_leads(lead_pairs("B"))["B"]
    assert found.primary == "score"
    assert list(found.estimates) == [
        "score",
        "newcombe",
        "agresti_caffo",
        "mh_score",
        "score_ratio",
        "cmh",
        "exact",
    ]
    assert found.result == score_difference(CONTROL, TREATMENTS["B"])
    assert found.estimates["mh_score"] == NotEstimable(Why.NO_STRATUM)


def test_leads_split_within_strata_are_decided_by_the_stratified_score() -> None:
    strata = (Stratum(Counts(200, 10), Counts(200, 20)), Stratum(Counts(200, 30), Counts(200, 40)))
    pair = LeadPair(CONTROL, TREATMENTS["B"], strata)
    found = compare_leads({"B": pair})["B"]
    assert found.primary == "mh_score"
    assert next(iter(found.estimates)) == "mh_score"


def test_several_treatments_are_corrected_by_holm() -> None:
    found = compare_leads(lead_pairs("B", "C", "D"))
    assert list(found) == ["B", "C", "D"]
    ps = [score_difference(CONTROL, treatment).p for treatment in TREATMENTS.values()]
    adjusted = [each.adjusted for each in found.values() if each.adjusted is not None]
    assert [each.p for each in adjusted] == holm(ps)
    for name, each in zip(found, adjusted, strict=True):
        plain = score_difference(CONTROL, TREATMENTS[name], level=each.level)
        assert each.ci == plain.ci
        assert ((each.ci[0] or 0) > 0) == (each.p <= 0.05)


def test_paired_reps_are_compared_within_their_pairs_too(trial: Callable[[str], Trial]) -> None:
    good = rep_pair(trial("crt10"))
    places = np.empty(10, dtype=np.int64)
    places[good.treated], places[~good.treated] = np.arange(5), np.arange(5)
    paired = replace(good, matched=places)
    found = compare_reps({"B": paired, "C": good})
    assert found["B"].primary == "randomization"
    assert isinstance(found["B"].estimates["paired_t"], Estimate)
    assert found["C"].estimates["paired_t"] == NotEstimable(Why.NO_PAIRS)


def test_a_treatment_without_an_estimate_still_counts_among_the_comparisons(
    trial: Callable[[str], Trial],
) -> None:
    good = rep_pair(trial("crt10"))
    empty = RepPair(good.totals, np.zeros(10, dtype=np.bool_), good.redraws, exact=True)
    found = compare_reps({"B": good, "C": empty})
    assert found["C"].result == NotEstimable(Why.TOO_FEW_REPS)
    assert found["C"].adjusted is None
    adjusted = found["B"].adjusted
    assert adjusted is not None
    assert adjusted.p == pytest.approx(2 * 2 / 252)


def test_a_comparison_prints_as_the_command_does(trial: Callable[[str], Trial]) -> None:
    found = compare_reps({"B": rep_pair(trial("crt06"))})["B"].as_dict()
    assert list(found) == ["primary", "estimates"]
    assert found["estimates"]["randomization"] == {
        "effect": pytest.approx(0.08998883274564),  # R 4.2.2
        "ci": [None, None],
        "p": 0.5,
        "exact": True,
        "draws": 20,
        "smallest_p": 0.1,
    }
    several = compare_leads(lead_pairs("B", "C"))["B"].as_dict()
    assert list(several["adjusted"]) == ["p", "ci", "level"]


def test_of_several_treatments_each_needs_its_own_value_from_before_and_following(
    trial: Callable[[str], Trial],
) -> None:
    pair = rep_pair(trial("crt10"))
    known = replace(pair, covariate=np.arange(10.0), followed=np.arange(10) / 10)
    found = compare_reps({"B": known, "C": pair})
    assert found["C"].primary == "randomization_ancova"
    assert found["C"].result == NotEstimable(Why.NO_COVARIATE)
    assert found["C"].estimates["cace"] == NotEstimable(Why.SAME_FOLLOWING)
    assert isinstance(found["B"].estimates["cace"], Estimate)


def test_dunnetts_correction_stands_beside_holms_where_leads_were_split() -> None:
    found = compare_leads(lead_pairs("B", "C", "D"))
    for name, each in found.items():
        alone = score_difference(CONTROL, TREATMENTS[name])
        assert each.dunnett is not None
        # Šidák's inequality: at least one comparison's p, at most three times it.
        assert alone.p <= each.dunnett.p <= min(1, 3 * alone.p)
        assert ((each.dunnett.ci[0] or 0) > 0) == (each.dunnett.p <= 0.05)
    assert compare_leads(lead_pairs("B"))["B"].dunnett is None
    strata = (Stratum(Counts(200, 10), Counts(200, 20)),)
    pairs = {name: LeadPair(CONTROL, TREATMENTS[name], strata) for name in ("B", "C")}
    assert compare_leads(pairs)["B"].dunnett is None


WHOLE = LookPlan((1.0,), Spending.OBRIEN_FLEMING)


def test_with_planned_looks_at_reps_the_test_that_spends_alpha_decides_alone(
    trial: Callable[[str], Trial],
) -> None:
    pair = rep_pair(trial("crt10"))
    rates = rep_rates(pair.totals)[np.newaxis]
    looked = replace(pair, looks=RepLooks(WHOLE, rates))
    found = compare_reps({"B": looked})["B"]
    assert list(found.estimates) == ["group_sequential"]
    assert isinstance(found.result, Estimate)
    # One look at all of it is the ordinary test: R 4.2.2, all 252 assignments listed.
    assert found.result.p == pytest.approx(0.007936507936508)
    both = compare_reps({"B": looked, "C": pair})
    assert both["C"].result == NotEstimable(Why.NO_LOOKS)
    # A comparison that cannot be estimated was planned all the same.
    assert both["B"].adjusted is not None
    assert both["B"].adjusted.p == pytest.approx(2 * 0.007936507936508)


def test_planned_looks_are_adjusted_for_a_value_from_before(
    trial: Callable[[str], Trial],
) -> None:
    pair = rep_pair(trial("crt10"))
    pair = replace(pair, covariate=np.random.default_rng(2).random(10))
    alone = compare_reps({"B": pair})["B"]
    rates = rep_rates(pair.totals)[np.newaxis]
    found = compare_reps({"B": replace(pair, looks=RepLooks(WHOLE, rates))})["B"]
    assert list(found.estimates) == ["group_sequential"]
    assert alone.primary == "randomization_ancova"
    assert isinstance(alone.result, Estimate)
    assert isinstance(found.result, Estimate)
    assert found.result.effect == alone.result.effect
    assert found.result.p == pytest.approx(alone.result.p, abs=1e-8)


def test_with_planned_looks_at_leads_the_bounds_judge_the_score() -> None:
    looks = LeadLooks(LookPlan((0.5, 1.0), Spending.POCOCK), (1.0, 2.0))
    pair = replace(lead_pairs("B")["B"], looks=looks)
    found = compare_leads({"B": pair})["B"]
    alone = score_difference(CONTROL, TREATMENTS["B"])
    assert list(found.estimates) == ["group_sequential"]
    assert isinstance(found.result, Estimate)
    assert isinstance(alone, Estimate)
    assert found.result.effect == alone.effect
    assert found.result.p > alone.p
    strata = (Stratum(Counts(200, 10), Counts(200, 20)), Stratum(Counts(200, 30), Counts(200, 40)))
    within = compare_leads({"B": replace(pair, strata=strata)})["B"].result
    stratified = mh_score(strata)
    assert isinstance(within, Estimate)
    assert isinstance(stratified, Estimate)
    assert within.effect == stratified.effect
    both = compare_leads({"B": pair, "C": lead_pairs("C")["C"]})
    assert both["C"].result == NotEstimable(Why.NO_LOOKS)


def test_with_planned_looks_at_amounts_the_bounds_judge_welch() -> None:
    control, treatment = Amounts(400, 1000.0, 4e8), Amounts(380, 1200.0, 5e8)
    whole = LeadLooks(LookPlan((1.0,), Spending.OBRIEN_FLEMING), (1.0,))
    once = AmountPair(control, treatment, whole)
    found = compare_amounts({"B": once, "C": AmountPair(control, treatment)})
    assert found["B"].primary == "group_sequential"
    assert list(found["B"].estimates) == ["group_sequential"]
    result, alone = found["B"].result, welch(control, treatment)
    assert isinstance(result, Estimate)
    assert isinstance(alone, Estimate)
    # One look at all the information is the test without looks.
    assert result.p == pytest.approx(alone.p, rel=1e-6)
    assert result.ci == pytest.approx(alone.ci, rel=1e-6)
    assert found["C"].result == NotEstimable(Why.NO_LOOKS)
    halfway = LeadLooks(LookPlan((0.5, 1.0), Spending.POCOCK), (1.0, 2.0))
    later = compare_amounts({"B": AmountPair(control, treatment, halfway)})["B"].result
    assert isinstance(later, Estimate)
    # Whoever looked before has less to spend.
    assert later.p > alone.p
