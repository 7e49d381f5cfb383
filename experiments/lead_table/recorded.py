"""How reps were split, as a file tells it: the design is then drawn again as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from assignment.design import Complete, Design, Labels
from assignment.paired import matched
from assignment.rerandomised import directions_of, restored
from assignment.stratified import Stratified
from experiments.problem import Refused, problem

_WHERE = "--design"


class Recorded(BaseModel):
    """A split of reps, as a plan records it and `--design` brings it; more fields do not matter.

    Attributes:
        strata: The team or pair of each rep, for by_team and paired.
        baseline: Each rep's values from before the test, for paired and rerandomised.
        limit: The largest imbalance that was accepted, for rerandomised.
        variants: Of reps who have no leads in the table.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["complete", "by_team", "paired", "rerandomised"]
    strata: dict[str, str] = {}
    baseline: dict[str, list[FiniteFloat]] = {}
    limit: FiniteFloat | None = None
    variants: dict[str, str] = {}

    @property
    def reps(self) -> set[str]:
        """All whom it names."""
        return {*self.strata, *self.baseline, *self.variants}


class _Plan(BaseModel):
    split: Recorded


def read_design(path: Path) -> Recorded:
    """A split from a JSON file: by itself, or as `split` in an experiment's plan.

    Raises:
        Refused: for what is no such file, naming the field.
    """
    try:
        text = path.read_text(encoding="utf-8")
        try:
            return _Plan.model_validate_json(text).split
        except ValidationError as error:
            if any(fault["loc"] == ("split",) for fault in error.errors()):
                return Recorded.model_validate_json(text)
            raise
    except UnicodeDecodeError:
        raise Refused(problem(_WHERE, "The file is not in UTF-8.")) from None
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        text = "{field}: {why}." if field else "{why}."
        raise Refused(problem(_WHERE, text, field=field, why=fault["msg"])) from None


def redrawn(
    recorded: Recorded, variant_of: Mapping[str, int], names: Sequence[str]
) -> tuple[Design, Labels]:
    """The design over all reps, and the variant of each in its order.

    Args:
        variant_of: The variant's place of every rep in the table.
        names: The variants'.
    Returns:
        The design and its labels, shape (G,).
    Raises:
        Refused: naming a rep of whom the file does not say what the design needs.
    """
    labels = dict(variant_of) | _without_leads(recorded, variant_of, names)
    design = _design(recorded, labels, len(names))
    return design, np.array([labels[rep] for rep in design.units], dtype=np.int8)


def _without_leads(
    recorded: Recorded, variant_of: Mapping[str, int], names: Sequence[str]
) -> dict[str, int]:
    found = {}
    for rep in sorted(recorded.reps - set(variant_of)):
        variant = recorded.variants.get(rep)
        if variant not in names:
            text = (
                "Rep {rep} has no leads in the table: say in `variants` which of {names} it had."
            )
            raise Refused(problem(_WHERE, text, rep=rep, names=", ".join(names)))
        found[rep] = names.index(variant)
    for rep, place in sorted(variant_of.items()):
        if recorded.variants.get(rep, names[place]) != names[place]:
            text = "Rep {rep} has {recorded} in the design, and {variant} in the table."
            values = {"recorded": recorded.variants[rep], "variant": names[place]}
            raise Refused(problem(_WHERE, text, rep=rep, **values))
    return found


def _design(recorded: Recorded, labels: Mapping[str, int], variants: int) -> Design:
    whole = _complete(labels, labels, variants)
    if recorded.kind == "complete":
        return whole
    if recorded.kind == "rerandomised":
        return _rerandomised(recorded, whole, labels)
    if recorded.kind == "paired" and not recorded.strata:
        rows = _of_all(whole.units, recorded.baseline, "baseline")
        blocks = {
            whole.units[at]: str(place) for place, pair in enumerate(matched(rows)) for at in pair
        }
        # The one left over is a block of its own.
        strata: Mapping[str, str] = {rep: blocks.get(rep, "left over") for rep in whole.units}
    else:
        strata = dict(
            zip(whole.units, _of_all(whole.units, recorded.strata, "strata"), strict=True)
        )
    members: dict[str, list[str]] = {}
    for rep in whole.units:
        members.setdefault(strata[rep], []).append(rep)
    return Stratified(tuple(_complete(reps, labels, variants) for reps in members.values()))


def _rerandomised(recorded: Recorded, whole: Complete, labels: Mapping[str, int]) -> Design:
    if recorded.limit is None:
        raise Refused(problem(_WHERE, "limit: it is missing: the largest imbalance accepted."))
    rows = _of_all(whole.units, recorded.baseline, "baseline")
    try:
        design = restored(whole, directions_of(rows), recorded.limit)
    except ValueError as error:
        raise Refused(problem(_WHERE, "baseline: {why}.", why=str(error))) from None
    happened: Labels = np.array([[labels[rep] for rep in whole.units]], dtype=np.int8)
    if not design.accepts(happened)[0]:
        text = "This design does not accept the table's split: its imbalance is over {limit}."
        raise Refused(problem(_WHERE, text, limit=recorded.limit))
    return design


def _of_all(reps: Sequence[str], said: Mapping[str, Any], field: str) -> list[Any]:
    for rep in reps:
        if rep not in said:
            raise Refused(
                problem(_WHERE, "{field}: it says nothing of rep {rep}.", field=field, rep=rep)
            )
    return [said[rep] for rep in reps]


def _complete(reps: Iterable[str], labels: Mapping[str, int], variants: int) -> Complete:
    units = tuple(sorted(reps))
    sizes = np.bincount([labels[rep] for rep in units], minlength=variants)
    return Complete(units, tuple(sizes.tolist()))
