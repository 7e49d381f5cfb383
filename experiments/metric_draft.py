"""What a draft says of metrics: what decides, what stands beside it, what must not get worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from experiments.experiment import Guardrail
from experiments.metric import CATALOGUE, TESTED, Kind
from experiments.money import from_minor, known_currency, to_minor
from experiments.problem import Problem, problem
from experiments.process import Milestone
from experiments.written import Written

# Beyond half of all leads, a margin guards nothing.
LARGEST_SHARE_MARGIN = 0.5


def _upper(rates: dict[str, float]) -> dict[str, float]:
    return {code.upper(): rate for code, rate in rates.items()}


Rates = Annotated[
    dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]],
    Field(default_factory=dict, max_length=30),
    AfterValidator(_upper),
]
"""What one of another currency is worth in the company's own, by its code."""


class GuardrailDraft(Written):
    """A metric that may get worse by the margin at most.

    The margin of a milestone's share is a fraction (0.02 is two points), that of a value an
    amount in the company's currency. `milestone` is short for the metric of that name.
    """

    milestone: Milestone | None = None
    metric: str = Field("", max_length=40)
    margin: float = Field(gt=0, allow_inf_nan=False)

    @property
    def key(self) -> str:
        """The metric's key in the catalogue; empty where none is named."""
        return self.metric or self.milestone or ""

    @classmethod
    def of(cls, stored: Guardrail, currency: str) -> GuardrailDraft:
        """A guardrail as it was written."""
        metric = CATALOGUE[stored.metric]
        margin = stored.margin
        if metric.is_money:
            margin = float(from_minor(round(margin), currency))
        share = metric.milestone if metric.kind is Kind.SHARE else None
        return cls(milestone=share, metric=metric.key, margin=margin)

    def stored(self, currency: str) -> Guardrail:
        """A guardrail as it rests, its margin in the metric's own unit."""
        margin = self.margin
        if CATALOGUE[self.key].is_money:
            margin = float(to_minor(Decimal(str(margin)), currency))
        return Guardrail(metric=self.key, margin=margin)


def decisive(metric: str, milestone: Milestone, written: set[str]) -> Iterator[Problem]:
    """What is wrong with what decides.

    Args:
        written: The names of the fields that were written.
    """
    if milestone is Milestone.LEAD:
        yield problem("milestone", "Every lead reaches the milestone lead: choose a later one.")
    elif metric and metric not in TESTED:
        text = "{metric} cannot decide. Choose one of these: {expected}."
        yield problem("metric", text, metric=metric, expected=", ".join(TESTED))
    elif _contradicts(metric, milestone) and {"metric", "milestone"} <= written:
        text = "The milestone is {milestone}, but {metric} decides: write one of them."
        yield problem("metric", text, milestone=milestone, metric=metric)


def _contradicts(metric: str, milestone: Milestone) -> bool:
    return metric != "" and CATALOGUE[metric].milestone is not milestone


def beside(secondary: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the metrics told beside it."""
    for at, key in enumerate(secondary, start=1):
        if key not in CATALOGUE:
            text = "There is no metric {metric}. Choose from these: {expected}."
            values = {"metric": key, "expected": ", ".join(CATALOGUE)}
            yield problem(f"secondary.{at}", text, **values)


def guarded(guardrails: Sequence[GuardrailDraft], primary: str) -> Iterator[Problem]:
    """What is wrong with the guardrails of a draft that `primary` decides."""
    keys = [each.key for each in guardrails]
    for at, (guardrail, key) in enumerate(zip(guardrails, keys, strict=True), start=1):
        if key not in TESTED or key == primary or key in keys[: at - 1]:
            text = "Guard another milestone than the one that decides, each once."
            yield problem(f"guardrails.{at}.milestone", text)
        elif not CATALOGUE[key].is_money and guardrail.margin > LARGEST_SHARE_MARGIN:
            text = "It must be {le} or less."
            yield problem(f"guardrails.{at}.margin", text, le=LARGEST_SHARE_MARGIN)


def exchanged(rates: Mapping[str, float]) -> Iterator[Problem]:
    """What is wrong with the rates."""
    for code in rates:
        if not known_currency(code):
            yield problem("rates", "No currency has the code {code}.", code=code)
