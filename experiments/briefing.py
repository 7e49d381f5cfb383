"""What a test asks of whom: each variant beside the process that people follow today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from experiments.experiment import Experiment, Variant
from experiments.process import ProcessVersion
from experiments.process_changes import Change, changes
from experiments.process_use import standing

# What the law of a country calls those who represent the employees of an establishment; they
# may have a say in how work is watched and organised.
WORKS_COUNCILS = {
    "AT": "Betriebsrat",
    "BE": "conseil d’entreprise / ondernemingsraad",
    "DE": "Betriebsrat",
    "ES": "comité de empresa",
    "FR": "comité social et économique",
    "HU": "üzemi tanács",
    "LU": "délégation du personnel",
    "NL": "ondernemingsraad",
    "PT": "comissão de trabalhadores",
    "SI": "svet delavcev",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a variant asks differently of those who follow `before` today; None: nothing yet."""

    variant: Variant
    before: ProcessVersion | None
    changes: Sequence[Change]


def asked(session: Session, found: Experiment) -> list[Asked]:
    """Each variant beside each process that somebody who takes part follows today."""
    today = _followed_today(session, found)
    return [
        Asked(variant, before, changes(before, variant.version) if before else ())
        for variant in found.variants
        for before in today
        if variant.version
    ]


def councils(found: Experiment) -> list[str]:
    """Whom to ask in the countries of the teams that take part, each once."""
    countries = {rep.team.country for rep in found.participants if rep.team}
    return [WORKS_COUNCILS[each] for each in sorted(countries) if each in WORKS_COUNCILS]


def _followed_today(session: Session, found: Experiment) -> list[ProcessVersion | None]:
    by_segment = standing(session)
    segments = {rep.team.segment if rep.team else "" for rep in found.participants}
    followed = {by_segment.get(each) for each in segments}
    return sorted(followed, key=lambda each: each.id if each else 0)
