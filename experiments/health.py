"""Whether a test can be believed: the catalogue of checks, and what each finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from analysis.checks import BLOCKING_ALPHA, WARNING_ALPHA, ratio_p, split_p
from analysis.sufficient import Counts
from experiments.balance import in_major, means_of
from experiments.baseline import Trait
from experiments.check import Check, CheckName, Figure, FigureName, State
from experiments.evidence import Evidence, idle_reps, keeps_reps_apart
from experiments.experiment import Unit
from experiments.missing import Missing, missing
from experiments.plan import Plan, hash_of

# A rep without matured leads has no rate; more than this share of them is a broken test.
MOST_IDLE_REPS = 0.10

_BEFORE = {
    Trait.SHARE: FigureName.SHARE_BEFORE,
    Trait.LEADS: FigureName.LEADS_BEFORE,
    Trait.DEAL_SIZE: FigureName.DEAL_SIZE_BEFORE,
    Trait.TENURE: FigureName.TENURE,
}
Found = tuple[State, list[Figure]]


def checks(evidence: Evidence) -> tuple[Check, ...]:
    """Every check that applies to this plan, in the catalogue's order."""
    return tuple(
        Check(entry.name, entry.blocks, *_frozen(entry.judge(evidence)))
        for entry in CATALOGUE
        if entry.applies(evidence.plan)
    )


def _frozen(found: Found) -> tuple[State, tuple[Figure, ...]]:
    state, figures = found
    return state, tuple(figures)


def _plan(evidence: Evidence) -> Found:
    frozen = [(evidence.found.plan or "", evidence.found.plan_hash)]
    frozen += [(each.plan, each.plan_hash) for each in evidence.ended]
    return _held(all(hash_of(text) == mark for text, mark in frozen)), []


def _draw(evidence: Evidence) -> Found:
    drawn, stored = evidence.roster.drawn, evidence.stored
    wrong = sum(drawn.get(unit) != stored.get(unit) for unit in drawn.keys() | stored.keys())
    figures = [Figure(FigureName.REPS, len(drawn)), Figure(FigureName.MISPLACED, wrong)]
    return _held(not wrong), figures


def _ratio(evidence: Evidence) -> Found:
    variants = evidence.plan.variants
    sizes = Counter(evidence.stored.values())
    weights = [variant.weight for variant in variants]
    p = ratio_p([sizes[variant.id] for variant in variants], weights)
    figures = [
        each
        for variant in variants
        for each in (
            Figure(FigureName.UNITS, sizes[variant.id], variant.name),
            Figure(FigureName.PLANNED_SHARE, variant.weight / sum(weights), variant.name),
        )
    ]
    if p is None:
        return State.UNKNOWN, figures
    return _held(p >= BLOCKING_ALPHA), [*figures, Figure(FigureName.P, p)]


def _unmapped(evidence: Evidence) -> Found:
    parts = [(each.variant_id, each.enrolled, each.unmapped) for each in evidence.gaps]
    return _within_limit(evidence.plan, missing(evidence.plan, parts))


def _untold(evidence: Evidence) -> Found:
    parts = [(each.variant_id, each.matured, each.untold) for each in evidence.gaps]
    return _within_limit(evidence.plan, missing(evidence.plan, parts))


def _unvalued(evidence: Evidence) -> Found:
    parts = [
        (each.variant_id, each.matured, each.value.missing if each.value else 0)
        for each in evidence.counts
        if each.matured
    ]
    return _within_limit(evidence.plan, missing(evidence.plan, parts))


def _within_limit(plan: Plan, found: Missing) -> Found:
    """At most the planned share of leads, and not more in one variant than in another."""
    figures = [*_of_variants(found), Figure(FigureName.LIMIT, plan.missing_limit)]
    if found.share is None:
        return State.UNKNOWN, figures
    if found.least_p is not None:
        figures.append(Figure(FigureName.P, found.least_p))
    equal = found.least_p is None or found.least_p > BLOCKING_ALPHA
    return _held(equal and found.share <= plan.missing_limit), figures


def _of_variants(found: Missing) -> Iterator[Figure]:
    for variant, leads, affected in found.of_variants:
        yield Figure(FigureName.LEADS, leads, variant.name)
        yield Figure(FigureName.AFFECTED, affected, variant.name)
        if leads:
            yield Figure(FigureName.SHARE, affected / leads, variant.name)


def _stale(evidence: Evidence) -> Found:
    at = min(evidence.window.as_of, evidence.found.measured_at)
    most = evidence.plan.stale_days
    figures = [
        each
        for told in evidence.told
        for each in (
            Figure(FigureName.COMPLETE_THROUGH, told.complete_through, told.source),
            Figure(FigureName.DAYS_OLD, told.age(at) / timedelta(days=1), told.source),
        )
    ]
    state = _held(all(told.age(at) <= timedelta(days=most) for told in evidence.told))
    return state, [*figures, Figure(FigureName.MOST_DAYS, most)]


def _idle(evidence: Evidence) -> Found:
    if not evidence.measured:
        return State.UNKNOWN, []
    plan = evidence.plan
    groups = {variant.id: _idle_of(evidence, at) for at, variant in enumerate(plan.variants)}
    figures = [
        each
        for variant in plan.variants
        for each in (
            Figure(FigureName.REPS, groups[variant.id].n, variant.name),
            Figure(FigureName.IDLE, groups[variant.id].reached, variant.name),
        )
    ]
    least = min(split_p(groups[plan.control.id], groups[each.id]) for each in plan.treatments)
    few = idle_reps(evidence.roster, evidence.counts) <= MOST_IDLE_REPS * evidence.roster.count
    figures += [Figure(FigureName.LIMIT, MOST_IDLE_REPS), Figure(FigureName.P, least)]
    return _held(few and least > WARNING_ALPHA), figures


def _idle_of(evidence: Evidence, place: int) -> Counts:
    """A variant's reps, and those of them who have no matured lead."""
    reps, variant = evidence.roster.sizes[place], evidence.plan.variants[place]
    busy = {row.rep_id for row in evidence.counts if row.variant_id == variant.id and row.matured}
    return Counts(reps, max(reps - len(busy), 0))


def _balance(evidence: Evidence) -> Found:
    figures = [
        Figure(_BEFORE[trait], in_major(evidence.plan, trait, mean), variant.name)
        for trait, contrasts in evidence.before.items()
        for variant, mean in means_of(evidence.plan, contrasts)
        if mean is not None
    ]
    found = [
        each.p for pairs in evidence.before.values() for _, each in pairs if each.p is not None
    ]
    if not found:
        return State.UNKNOWN, figures
    least = min(found)
    return _held(least > WARNING_ALPHA), [*figures, Figure(FigureName.P, least)]


def _leads_per_rep(evidence: Evidence) -> Found:
    figures = []
    for each in evidence.routed:
        pair = ((evidence.plan.control, each.leads.control), (each.variant, each.leads.treatment))
        figures += [Figure(FigureName.LEADS_PER_REP, mean, of.name) for of, mean in pair]
        figures += [
            Figure(name, value, each.variant.name)
            for name, value in ((FigureName.RATIO, each.leads.ratio), (FigureName.P, each.leads.p))
            if value is not None
        ]
    if all(each.leads.ratio is None for each in evidence.routed):
        return State.UNKNOWN, figures
    return _held(not any(each.uneven for each in evidence.routed)), list(dict.fromkeys(figures))


def _transfers(evidence: Evidence) -> Found:
    enrolled = sum(row.enrolled for row in evidence.counts)
    figures = [
        Figure(FigureName.LEADS, enrolled),
        Figure(FigureName.AFFECTED, evidence.transfers),
    ]
    return (_held(not evidence.transfers) if enrolled else State.UNKNOWN), figures


def _adherence(evidence: Evidence) -> Found:
    plan, figures, under = evidence.plan, [], []
    for each in evidence.followed:
        for variant in (plan.control, each.variant):
            share = each.share(variant.id)
            if share is not None:
                figures.append(Figure(FigureName.FOLLOWED, share, variant.name))
        share = each.share(each.variant.id)
        under += [] if share is None else [share < plan.adherence_floor]
    figures.append(Figure(FigureName.FLOOR, plan.adherence_floor))
    return (_held(not any(under)) if under else State.UNKNOWN), figures


def _held(passed: bool) -> State:
    return State.PASSED if passed else State.FAILED


def _always(_plan: Plan) -> bool:
    return True


def _splits_reps(plan: Plan) -> bool:
    return plan.unit is Unit.REP


def _names_actions(plan: Plan) -> bool:
    return any(variant.defining_actions for variant in plan.treatments)


def _rests_on_value(plan: Plan) -> bool:
    return plan.rests_on_value


def _splits_leads(plan: Plan) -> bool:
    return plan.unit is Unit.LEAD


@dataclass(frozen=True, slots=True)
class Entry:
    """A check of the catalogue: whether it blocks, which plans it applies to, how it judges."""

    name: CheckName
    blocks: bool
    applies: Callable[[Plan], bool]
    judge: Callable[[Evidence], Found]


CATALOGUE = (
    Entry(CheckName.PLAN, True, _always, _plan),
    Entry(CheckName.DRAW, True, _splits_reps, _draw),
    Entry(CheckName.RATIO, True, _splits_leads, _ratio),
    Entry(CheckName.UNMAPPED_STAGES, True, _always, _unmapped),
    Entry(CheckName.MISSING_OUTCOMES, True, _always, _untold),
    Entry(CheckName.MISSING_VALUES, True, _rests_on_value, _unvalued),
    Entry(CheckName.STALE_DATA, True, _always, _stale),
    Entry(CheckName.IDLE_REPS, True, _splits_reps, _idle),
    Entry(CheckName.BALANCE, False, _splits_reps, _balance),
    Entry(CheckName.LEADS_PER_REP, False, keeps_reps_apart, _leads_per_rep),
    Entry(CheckName.TRANSFERS, False, keeps_reps_apart, _transfers),
    Entry(CheckName.ADHERENCE, False, _names_actions, _adherence),
)
