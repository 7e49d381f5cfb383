"""How wins are valued in a test: the currency, the cap and the rates that freeze with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel.numbers import get_currency_precision
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.experiment import Experiment
from experiments.leads import Lead
from experiments.process import Stage, StageKind


@dataclass(frozen=True, slots=True)
class Valuation:
    """One scale for the amounts of all variants.

    Attributes:
        currency: In which values are told.
        cap: What a win counts as at most, in minor units; None without one. It is the same for
            all variants, so that no single deal decides.
        rates: What one of another currency is worth in this one, by its code.
        centre: About which squares are summed, in minor units: a value from before the test, so
            that large amounts which hardly differ keep their variance.
    """

    currency: str
    cap: int | None
    rates: Mapping[str, float]
    centre: float

    @property
    def factors(self) -> dict[str, float]:
        """What an amount's minor units are multiplied by, by its currency."""
        own = get_currency_precision(self.currency)
        others = {
            code: rate * 10.0 ** (own - get_currency_precision(code))
            for code, rate in sorted(self.rates.items())
        }
        return {self.currency: 1.0} | others


def valuation_of(session: Session, found: Experiment) -> Valuation:
    """The valuation that a draft states, its centre being the past's mean value per lead."""
    currency = the_company(session).currency
    rates = dict(sorted(found.rates.items()))
    plain = Valuation(currency, found.cap_minor, rates, 0.0)
    return Valuation(currency, found.cap_minor, rates, float(round(_mean_before(session, plain))))


def amounts_without_rate(session: Session, found: Experiment) -> list[str]:
    """The currencies that leads have amounts in, and for which a draft has no rate."""
    known = {the_company(session).currency, *found.rates}
    used = session.scalars(select(Lead.currency).where(Lead.currency.is_not(None)).distinct())
    return sorted(code for code in used if code and code not in known)


def _mean_before(session: Session, valuation: Valuation) -> float:
    """Won value per lead of all leads that there are, in minor units; 0 without any."""
    leads = session.scalar(select(func.count(Lead.id))) or 0
    won = (
        select(Lead.currency, func.sum(Lead.amount_minor))
        .join(Stage, Stage.id == Lead.stage_id)
        .where(Stage.kind == StageKind.WON, Lead.amount_minor.is_not(None))
        .group_by(Lead.currency)
    )
    factors = valuation.factors
    sums = [
        float(total or 0) * factors[code]
        for code, total in session.execute(won)
        if code in factors
    ]
    return sum(sums) / leads if leads else 0.0
