"""What was followed: leads that received a treatment's defining actions, in all variants alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from analysis.pairs import RepPair
from experiments.counting import Tables, Window, enrolled_leads, fetched, store_tables
from experiments.events import EventType
from experiments.plan import Plan, PlannedVariant
from experiments.store.columns import to_micros

_ACTIONS = ibis.table({"id": "int64", "key": "string"}, name="actions")


@dataclass(frozen=True, slots=True)
class RepFollowing:
    """The matured leads of one rep in one variant, and how many of them were followed up."""

    variant_id: int
    rep_id: int
    matured: int
    followed: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What was followed of one treatment.

    Attributes:
        variant: The treatment whose defining actions are looked for.
        reps: Leads of its own reps and of the control's, by rep.
    """

    variant: PlannedVariant
    reps: tuple[RepFollowing, ...]

    def leads(self, variant_id: int) -> int:
        """Matured leads of a variant."""
        return sum(each.matured for each in self.reps if each.variant_id == variant_id)

    def followed(self, variant_id: int) -> int:
        """Those of them that received all of the treatment's defining actions."""
        return sum(each.followed for each in self.reps if each.variant_id == variant_id)

    def share(self, variant_id: int) -> float | None:
        """The share of a variant's leads that did, each lead counting once."""
        leads = self.leads(variant_id)
        return self.followed(variant_id) / leads if leads else None


def followed(session: Session, plan: Plan, window: Window) -> tuple[Followed, ...]:
    """What was followed of each treatment that names its defining actions."""
    return tuple(
        Followed(variant, _of_the_pair(session, plan, variant, window))
        for variant in plan.treatments
        if variant.defining_actions
    )


def following(tables: Tables, actions: Table, window: Window, keys: Sequence[str]) -> Table:
    """The expression: a row per variant and rep.

    A lead was followed up when it received all of these actions by the end of its horizon, in
    whatever stage: processes have the same step in different places.

    Args:
        actions: With `id` and `key`.
        keys: Of the treatment's actions, at least one.
    """
    as_of = to_micros(window.as_of)
    leads = enrolled_leads(tables, window).filter(_.ends_at <= to_micros(window.complete_through))
    known = tables.events.filter(_.recorded_at <= as_of)
    voided = known.filter(_.voids_id.notnull()).select(voided_id=_.voids_id)
    # A step that was skipped names its action too.
    done = known.filter(_.type == EventType.ACTION_DONE.value)
    done = done.anti_join(voided, _.id == voided.voided_id)
    meaning = _meaning(actions, keys)
    done = done.join(meaning, done.action_id == meaning.of_action).select(
        "lead_id", "occurred_at", *_names(keys)
    )
    seen = leads.select("lead_id", "ends_at").join(done, "lead_id")
    received = (
        seen.filter(_.occurred_at <= _.ends_at)
        .group_by("lead_id")
        .agg(**{name: _[name].max() for name in _names(keys)})
    )
    all_of_them = reduce(lambda left, right: left * right, (_[name] for name in _names(keys)))
    received = received.select("lead_id", followed=all_of_them)
    return (
        leads.left_join(received, "lead_id")
        .group_by("variant_id", "rep_id")
        .agg(matured=_.count(), followed=_.followed.fill_null(0).sum())
    )


def _of_the_pair(
    session: Session, plan: Plan, variant: PlannedVariant, window: Window
) -> tuple[RepFollowing, ...]:
    expression = following(_tables(), _ACTIONS, window, variant.defining_actions)
    rows = fetched(session, expression)
    found = (
        RepFollowing(row["variant_id"], row["rep_id"], int(row["matured"]), int(row["followed"]))
        for row in rows
        if row["variant_id"] in (plan.control.id, variant.id)
    )
    return tuple(sorted(found, key=lambda each: (each.variant_id, each.rep_id)))


def _tables() -> Tables:
    """Our own store's, with what was done."""
    events = {
        "id": "int64",
        "type": "string",
        "lead_id": "int64",
        "action_id": "int64",
        "occurred_at": "int64",
        "recorded_at": "int64",
        "voids_id": "int64",
    }
    return replace(store_tables(), events=ibis.table(events, name="events"))


def with_following(
    pairs: Mapping[str, RepPair], names: Mapping[int, str], found: Sequence[Followed]
) -> dict[str, RepPair]:
    """The pairs of reps, by treatment, with the share of each rep's leads that was followed up.

    Args:
        names: What a rep is called in the pairs, by id.
    """
    of = {each.variant.key: each for each in found}
    return {key: _with_shares(pair, names, of.get(key)) for key, pair in pairs.items()}


def _with_shares(pair: RepPair, names: Mapping[int, str], found: Followed | None) -> RepPair:
    if found is None:
        return pair
    shares = {
        names[each.rep_id]: each.followed / each.matured
        for each in found.reps
        if each.rep_id in names
    }
    return replace(pair, followed=np.array([shares[rep] for rep in pair.totals.reps]))


def _names(keys: Sequence[str]) -> list[str]:
    return [f"received_{at}" for at in range(len(keys))]


def _meaning(actions: Table, keys: Sequence[str]) -> Table:
    """Which of the defining actions each action is: of the same name, in any process or stage."""
    is_one = [actions.key.endswith(f".{key.rpartition('.')[2]}") for key in keys]
    return actions.select(
        of_action=actions.id,
        **{name: same.ifelse(1, 0) for name, same in zip(_names(keys), is_one, strict=True)},
    )
