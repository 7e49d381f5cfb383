"""What freezes at launch: the whole plan as one text, and its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from experiments.experiment import Experiment, Unit
from experiments.process import Milestone


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """A variant as planned; `stages` is its stage → milestone map."""

    id: int
    key: str
    name: str
    process: str
    version_id: int
    stages: dict[str, str | None]
    control: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Split:
    """How units were split, so that it can be drawn again.

    For reps: complete randomisation of `units` into variants of `sizes`, from `seed`.
    For leads: a hash with `salt`; then `units` and `sizes` are empty.
    """

    kind: str
    seed: int
    salt: str
    units: tuple[str, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The frozen plan of an experiment. Times are ISO 8601 in UTC."""

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

    @property
    def alpha(self) -> float:
        """The error rate that the plan promises."""
        # Rounded: 1 - 0.95 is a little over 0.05, and a p of exactly 0.05 must be judged alike.
        return round(1 - self.level, 12)

    @property
    def control(self) -> PlannedVariant:
        """The variant that the others are compared with."""
        return next(variant for variant in self.variants if variant.control)

    @property
    def treatments(self) -> tuple[PlannedVariant, ...]:
        """The other variants, in order."""
        return tuple(variant for variant in self.variants if not variant.control)

    def text(self) -> str:
        """The canonical JSON: the same plan gives the same text on every machine."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plan_of(found: Experiment, split: Split) -> Plan:
    """The plan that a complete draft states."""
    return Plan(
        experiment=found.key,
        hypothesis=found.hypothesis,
        unit=found.unit,
        by_account=found.by_account,
        variants=tuple(_planned(variant) for variant in found.variants),
        participants=tuple(rep.external_id for rep in found.participants),
        milestone=found.milestone,
        horizon_days=found.horizon_days,
        level=found.level,
        enrol_from_at=_iso(found.enrol_from_at),
        enrol_until_at=_iso(found.enrol_until_at),
        rehearsal=found.rehearsal,
        split=split,
    )


def hash_of(text: str) -> str:
    """SHA-256 of a plan's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def frozen_plan(found: Experiment) -> Plan:
    """The plan that froze at launch. Raises ValueError for a draft."""
    if found.plan is None:
        raise ValueError(f"{found.key} has not been launched")
    return _read(json.loads(found.plan))


def _planned(variant: Any) -> PlannedVariant:
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
    )


def _read(written: dict[str, Any]) -> Plan:
    split = written.pop("split")
    variants = tuple(PlannedVariant(**each) for each in written.pop("variants"))
    return Plan(
        **written
        | {
            "unit": Unit(written["unit"]),
            "milestone": Milestone(written["milestone"]),
            "participants": tuple(written["participants"]),
        },
        variants=variants,
        split=Split(**split | {"units": tuple(split["units"]), "sizes": tuple(split["sizes"])}),
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
