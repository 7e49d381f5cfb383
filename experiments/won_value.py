"""What leads are worth that were won by their horizon: the part of counting that knows money.

Amounts are multiplied and summed as floats about the plan's centre: sums of squares of minor
units do not fit into 64 bits, and about zero large amounts that hardly differ lose their variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import Table

from experiments.valuation import Valuation


@dataclass(frozen=True, slots=True)
class RepValue:
    """The won value of one rep's matured leads in one variant, zeros included, in minor units.

    A win without an amount, or in a currency without a rate, has no value: it is in `missing`,
    and in nothing else here.
    """

    n: int  # matured leads whose value is known
    wins: int  # of those, the won ones
    off_centre: float  # Σ(y − c)
    squares: float  # Σ(y − c)²
    largest: float  # the largest y; 0 without leads
    missing: int
    centre: float  # c

    @property
    def total(self) -> float:
        """Σy."""
        return self.off_centre + self.n * self.centre

    def without_largest(self) -> RepValue:
        """The same leads but for the one that is worth most, which is a win."""
        off = self.largest - self.centre
        return replace(
            self,
            n=self.n - 1,
            wins=self.wins - 1,
            off_centre=self.off_centre - off,
            squares=max(self.squares - off**2, 0.0),
        )


def with_values(leads: Table, amounts: Table, valuation: Valuation) -> Table:
    """Leads with what each is worth.

    Args:
        leads: `lead_id`, `won` and `matured` (1 or 0), `ends_at`.
        amounts: What was told of leads' amounts, as far as it is seen: `lead_id`,
            `occurred_at`, `id`, `amount_minor`, `currency`.
    """
    ends = leads.select("ends_at", of_lead=_.lead_id)
    told = amounts.join(ends, amounts.lead_id == ends.of_lead)
    told = told.filter(_.occurred_at <= _.ends_at)
    # Of two amounts told at one moment, the later-stored one is the latest.
    latest = ibis.row_number().over(
        group_by="of_lead", order_by=[ibis.desc("occurred_at"), ibis.desc("id")]
    )
    last = told.mutate(turn=latest).filter(_.turn == 0).select("of_lead", worth=_worth(valuation))
    joined = leads.left_join(last, leads.lead_id == last.of_lead)
    is_won = (joined.won.fill_null(0) == 1) & (joined.matured == 1)
    valued = joined.mutate(
        is_win=(is_won & joined.worth.notnull()).ifelse(1, 0),
        is_missing=(is_won & joined.worth.isnull()).ifelse(1, 0),
    ).mutate(is_counted=_.matured - _.is_missing, value=_.is_win * _.worth.fill_null(0.0))
    return valued.mutate(off=_.is_counted * (_.value - ibis.literal(valuation.centre, "float64")))


def value_sums() -> dict[str, Any]:
    """What is summed over such leads."""
    return {
        "value_n": _.is_counted.sum(),
        "value_wins": _.is_win.sum(),
        "value_off": _.off.sum(),
        "value_squares": (_.off * _.off).sum(),
        "value_largest": _.value.max(),
        "value_missing": _.is_missing.sum(),
    }


def rep_value(row: Mapping[str, Any], centre: float) -> RepValue:
    """What such a row says."""
    return RepValue(
        n=int(row["value_n"]),
        wins=int(row["value_wins"]),
        off_centre=float(row["value_off"]),
        squares=float(row["value_squares"]),
        largest=float(row["value_largest"]),
        missing=int(row["value_missing"]),
        centre=centre,
    )


def _worth(valuation: Valuation) -> Any:
    """An amount on the plan's scale; null in a currency without a rate."""
    own = _.amount_minor.cast("float64")
    factors = [(_.currency == code, own * factor) for code, factor in valuation.factors.items()]
    worth = ibis.cases(*factors)
    if valuation.cap is None:
        return worth
    # Not `least`: of a null and a cap, databases make different things.
    return ibis.cases((worth > float(valuation.cap), float(valuation.cap)), else_=worth)
