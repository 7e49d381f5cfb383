"""What freezes at launch: the whole plan as one text, and its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from analysis.sequential import Spending
from assignment.arrivals import JoinRule
from experiments.baseline import Baseline
from experiments.experiment import Covariate, Experiment, SplitDesign, Unit
from experiments.metric import CATALOGUE, MILESTONES, Metric
from experiments.planned_split import BalanceTable, Split
from experiments.process import Milestone
from experiments.valuation import Valuation


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """A variant as planned; `stages` is its stage → milestone map.

    A lead is followed up by a treatment when it received all of its `defining_actions`.
    """

    id: int
    key: str
    name: str
    process: str
    version_id: int
    stages: dict[str, str | None]
    control: bool
    weight: float
    defining_actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedGuardrail:
    """A metric that must not lose more than a margin.

    The margin is in the metric's own unit: of a share 0.02 is two points, a value has minor units.
    """

    metric: str
    margin: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The frozen plan of an experiment. Times are ISO 8601 in UTC.

    Attributes:
        missing_limit: Of at most this share of leads a stage or an outcome may be unknown.
        stale_days: So many days old the data may be while the test is under way.
        periods: Of a crossover: the first moment of each, and the first after it.
        adherence_floor: Of at least this share of a treatment's leads its defining actions
            should have been received.
        covariate: Which of the split's values from before the deciding test takes account of.
        baseline: What was known of reps before; None where leads are split, and in old plans.
        balance: How alike that left the variants; likewise.
        code_version: What drew the split; empty in old plans.
        phase: From 1; a change of a running test begins another, whose enrolment begins with it.
    """

    experiment: str
    hypothesis: str
    unit: Unit
    by_account: bool
    variants: tuple[PlannedVariant, ...]
    participants: tuple[str, ...]
    milestone: Milestone
    horizon_days: int
    level: float
    enrol_from_at: str
    enrol_until_at: str
    rehearsal: bool
    split: Split
    looks: int = 1
    spending: Spending = Spending.OBRIEN_FLEMING
    guardrails: tuple[PlannedGuardrail, ...] = ()
    join_rule: JoinRule | None = None
    missing_limit: float = 0.05
    stale_days: int = 7
    washout_days: int | None = None
    periods: tuple[tuple[str, str], ...] = ()
    metric: str = ""
    secondary: tuple[str, ...] = MILESTONES
    valuation: Valuation | None = None
    adherence_floor: float = 0.5
    covariate: Covariate | None = None
    exclusion_group: str | None = None
    baseline: Baseline | None = None
    balance: BalanceTable | None = None
    code_version: str = ""
    phase: int = 1

    @property
    def begins_at(self) -> datetime | None:
        """When the phase of a test that was changed began; None for the first."""
        return datetime.fromisoformat(self.enrol_from_at) if self.phase > 1 else None

    @property
    def alpha(self) -> float:
        """The error rate that the plan promises."""
        # Rounded: 1 - 0.95 is a little over 0.05, and a p of exactly 0.05 must be judged alike.
        return round(1 - self.level, 12)

    @property
    def crossed(self) -> bool:
        """Whether each rep follows both variants, one after the other."""
        return self.split.kind == SplitDesign.CROSSOVER

    @property
    def known_before(self) -> Mapping[str, float]:
        """Each unit's value that the deciding test takes account of; empty for none."""
        if self.covariate is None:
            return {}
        at = list(Covariate).index(self.covariate)
        return {unit: values[at] for unit, values in self.split.baseline.items()}

    @property
    def control(self) -> PlannedVariant:
        """The variant that the others are compared with."""
        return next(variant for variant in self.variants if variant.control)

    @property
    def treatments(self) -> tuple[PlannedVariant, ...]:
        """The other variants, in order."""
        return tuple(variant for variant in self.variants if not variant.control)

    @property
    def primary(self) -> Metric:
        """The metric that decides."""
        return CATALOGUE[self.metric or self.milestone]

    @property
    def staged(self) -> frozenset[str | None]:
        """The milestones that any variant has a stage for."""
        return frozenset(each for variant in self.variants for each in variant.stages.values())

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All that the plan names and any variant has a stage for, in the catalogue's order."""
        staged = self.staged
        guarded = {each.metric for each in self.guardrails}
        named = {self.primary.key, *self.secondary, *guarded}
        return tuple(
            each for key, each in CATALOGUE.items() if key in named and each.milestone in staged
        )

    @property
    def compared(self) -> tuple[Metric, ...]:
        """Those of them that have a p-value."""
        return tuple(each for each in self.metrics if each.is_tested)

    @property
    def rests_on_value(self) -> bool:
        """Whether the verdict depends on what wins are worth: it decides, or is guarded."""
        guarded = [CATALOGUE[each.metric] for each in self.guardrails]
        return any(each.is_money for each in (self.primary, *guarded))

    @property
    def currency(self) -> str:
        """In which values are told; empty where none are."""
        return self.valuation.currency if self.valuation else ""

    def text(self) -> str:
        """The canonical JSON: the same plan gives the same text on every machine."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plan_of(
    found: Experiment,
    split: Split,
    valuation: Valuation,
    *,
    periods: Sequence[tuple[datetime, datetime]] = (),
) -> Plan:
    """The plan that a complete draft states; it values wins where a metric needs it.

    Args:
        periods: Of a crossover.
    """
    return Plan(
        experiment=found.key,
        hypothesis=found.hypothesis,
        unit=found.unit,
        by_account=found.by_account,
        variants=tuple(planned_variant(variant) for variant in found.variants),
        participants=tuple(rep.external_id for rep in found.participants),
        milestone=found.milestone,
        horizon_days=found.horizon_days,
        level=found.level,
        enrol_from_at=_iso(found.enrol_from_at),
        enrol_until_at=_iso(found.enrol_until_at),
        rehearsal=found.rehearsal,
        split=split,
        looks=found.looks,
        spending=found.spending,
        guardrails=tuple(
            PlannedGuardrail(each.metric, each.margin)
            for each in sorted(found.guardrails, key=lambda each: each.metric)
        ),
        join_rule=found.join_rule,
        washout_days=found.washout_days,
        periods=tuple((_iso(start), _iso(end)) for start, end in periods),
        metric=found.metric,
        secondary=tuple(found.secondary),
        valuation=valuation if found.values_wins else None,
        missing_limit=found.missing_limit,
        stale_days=found.stale_days,
        adherence_floor=found.adherence_floor,
        covariate=found.covariate,
        exclusion_group=found.exclusion_group,
    )


def hash_of(text: str) -> str:
    """SHA-256 of a plan's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def frozen_plan(found: Experiment) -> Plan:
    """The plan that froze at launch. Raises ValueError for a draft."""
    if found.plan is None:
        raise ValueError(f"{found.key} has not been launched")
    return plan_of_text(found.plan)


# Every delivery asks, and a plan with what was known of each rep is long.
@lru_cache(maxsize=32)
def plan_of_text(text: str) -> Plan:
    """The plan that a canonical text states."""
    return _read(json.loads(text))


def planned_variant(variant: Any) -> PlannedVariant:
    """A variant of a complete draft as it is planned."""
    version = variant.version
    return PlannedVariant(
        id=variant.id,
        key=variant.key,
        name=variant.name,
        process=f"{version.process.key}@{version.number}",
        version_id=version.id,
        stages={stage.key: stage.milestone for stage in version.stages},
        control=variant.is_control,
        weight=variant.weight,
        defining_actions=tuple(variant.defining_actions),
    )


def _read(written: dict[str, Any]) -> Plan:
    split, variants = written.pop("split"), written.pop("variants")
    # Plans of older versions say nothing of what they did not know.
    split |= {name: tuple(split.get(name, ())) for name in ("units", "sizes", "covariates")}
    rule, covariate, valuation = map(written.get, ("join_rule", "covariate", "valuation"))
    read = {
        "join_rule": JoinRule(rule) if rule else None,
        "covariate": Covariate(covariate) if covariate else None,
        "periods": tuple((start, end) for start, end in written.get("periods", ())),
        "unit": Unit(written["unit"]),
        "milestone": Milestone(written["milestone"]),
        "participants": tuple(written["participants"]),
        "spending": Spending(written.get("spending", Spending.OBRIEN_FLEMING)),
        "guardrails": tuple(
            PlannedGuardrail(each.get("metric") or each["milestone"], each["margin"])
            for each in written.get("guardrails", ())
        ),
        "secondary": tuple(written.get("secondary", MILESTONES)),
        "valuation": Valuation(**valuation) if valuation else None,
        "variants": tuple(_read_variant(each) for each in variants),
        "split": Split(**split),
        "baseline": Baseline.read(written.get("baseline")),
        "balance": BalanceTable.read(written.get("balance")),
    }
    return Plan(**written | read)


def _read_variant(written: dict[str, Any]) -> PlannedVariant:
    actions = tuple(written.get("defining_actions", ()))
    return PlannedVariant(**written | {"defining_actions": actions})


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
