"""How alike a split leaves its variants, as pages and programs are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assignment.balance import Balance
from experiments.balance import in_major
from experiments.baseline import Trait
from experiments.experiment import Experiment
from experiments.plan import Plan, PlannedVariant, frozen_plan
from experiments.planned_split import TraitBalance
from web.texts import N_

TRAITS = {
    Trait.SHARE: N_("Share of leads that reached what is measured"),
    Trait.LEADS: N_("Leads a week"),
    Trait.DEAL_SIZE: N_("Average won deal"),
    Trait.TENURE: N_("Weeks that the rep was there"),
}
UNITS = {
    Trait.SHARE: "share of leads",
    Trait.LEADS: "leads a week",
    Trait.TENURE: "weeks in the company",
}
DIGITS = {Trait.LEADS: 1, Trait.DEAL_SIZE: 0, Trait.TENURE: 0}


@dataclass(frozen=True, slots=True)
class Side:
    """A variant's mean, None where nothing is known, and of how many reps it is not known."""

    mean: float | None
    missing: int


@dataclass(frozen=True, slots=True)
class Line:
    """A trait: its sides with the control first, then what each treatment differs by.

    Deal sizes are in minor units; `first` is what the seed's first draw would have differed by.
    """

    trait: Trait
    sides: Sequence[Side]
    differences: Sequence[float | None]
    first: Sequence[float | None]

    @property
    def name(self) -> str:
        """What is compared; to be translated."""
        return TRAITS[self.trait]

    @property
    def digits(self) -> int:
        """Decimals of a mean that is a plain number."""
        return DIGITS.get(self.trait, 0)


@dataclass(frozen=True, slots=True)
class BalanceShown:
    """The table of a plan, for `experiments/balance.html`.

    Attributes:
        variants: Names, the control first.
        weeks: Over so many weeks that end at `until` the past was counted; 0 without a past.
        tried: How many splits the seed drew until one was accepted; None of other designs.
        crossed: Whether every rep follows both variants, and they are told by the first.
    """

    variants: Sequence[str]
    lines: Sequence[Line]
    weeks: int
    until: datetime | None
    currency: str
    tried: int | None
    crossed: bool


def balance_shown(plan: Plan) -> BalanceShown | None:
    """What a plan's balance table shows; None of a plan without one.

    Args:
        plan: A frozen one, or what `experiments.planning.planned` makes of a draft.
    """
    table, baseline = plan.balance, plan.baseline
    if table is None or baseline is None:
        return None
    firsts = {row.trait: row.balance for row in table.first}
    until = baseline.until_at
    return BalanceShown(
        variants=[variant.name for variant in _ordered(plan)],
        lines=[_line(plan, row, firsts.get(row.trait)) for row in table.taken],
        weeks=baseline.weeks,
        until=datetime.fromisoformat(until) if until else None,
        currency=baseline.currency,
        tried=plan.split.tried,
        crossed=plan.crossed,
    )


def as_dict(plan: Plan) -> dict[str, Any] | None:
    """The balance as the API and the command print it; deal sizes in units of their currency."""
    table, baseline = plan.balance, plan.baseline
    if table is None or baseline is None:
        return None
    return {
        "weeks": baseline.weeks,
        "until_at": baseline.until_at,
        "draws_tried": plan.split.tried,
        "largest_imbalance": plan.split.limit,
        "taken": _rows(plan, table.taken),
        "first_draw": _rows(plan, table.first) or None,
    }


def plan_document(found: Experiment) -> dict[str, Any]:
    """A plan as it froze, letter by letter what its hash is of, and its balance."""
    plan = frozen_plan(found) if found.plan else None
    return {
        "experiment": found.key,
        "plan_hash": found.plan_hash,
        "balance": as_dict(plan) if plan else None,
        "plan": json.loads(found.plan) if found.plan else None,
    }


def text_of(plan: Plan) -> Iterator[str]:
    """The table on a terminal, in English: means, and differences in standard deviations."""
    if plan.balance is None or plan.baseline is None:
        return
    yield f"{'before the test':34}" + "".join(f"{each.name[:26]:>28}" for each in _ordered(plan))
    for title, rows in (("", plan.balance.taken), (", first draw", plan.balance.first)):
        for row in rows:
            cells = [_cell(plan, row, at) for at in _places(plan)]
            name = "average won deal, " if row.trait is Trait.DEAL_SIZE else ""
            name += _unit(plan, row) + title
            yield f"{name:34}" + "".join(f"{cell:>28}" for cell in cells)


def _ordered(plan: Plan) -> list[PlannedVariant]:
    return [plan.control, *plan.treatments]


def _places(plan: Plan) -> list[int]:
    return [plan.variants.index(variant) for variant in _ordered(plan)]


def _line(plan: Plan, row: TraitBalance, first: Balance | None) -> Line:
    places = _places(plan)
    balance = row.balance
    return Line(
        trait=row.trait,
        sides=[Side(balance.means[at], balance.missing[at]) for at in places],
        differences=[balance.differences[at] for at in places[1:]],
        first=[first.differences[at] for at in places[1:]] if first else (),
    )


def _rows(plan: Plan, rows: Sequence[TraitBalance]) -> list[dict[str, Any]]:
    return [
        {
            "covariate": row.trait,
            "unit": _unit(plan, row),
            "variants": [
                {
                    "variant": plan.variants[at].key,
                    "mean": _major(plan, row, at),
                    "known": row.balance.known[at],
                    "missing": row.balance.missing[at],
                    "standardised_difference": row.balance.differences[at],
                }
                for at in _places(plan)
            ],
        }
        for row in rows
    ]


def _unit(plan: Plan, row: TraitBalance) -> str:
    assert plan.baseline is not None  # noqa: S101 - a table rests on a baseline
    return UNITS.get(row.trait) or plan.baseline.currency


def _major(plan: Plan, row: TraitBalance, at: int) -> float | None:
    mean = row.balance.means[at]
    return None if mean is None else in_major(plan, row.trait, mean)


def _cell(plan: Plan, row: TraitBalance, at: int) -> str:
    mean, difference = _major(plan, row, at), row.balance.differences[at]
    missing = row.balance.missing[at]
    plain = f",.{DIGITS.get(row.trait, 0)}f"
    told = "–" if mean is None else format(mean, ".1%" if row.trait is Trait.SHARE else plain)
    apart = "" if not difference else f" ({difference:+.2f})"
    return told + apart + (f", {missing} unknown" if missing else "")
