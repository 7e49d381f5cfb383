"""A plan as its page shows it: what it says, what it can show, and what may be done with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from experiments import audit, life
from experiments.approval import Approval, approvals
from experiments.attainable import Attainable, attainable
from experiments.company import the_company
from experiments.enrolment import assignments
from experiments.exclusion import others, served_first
from experiments.experiment import (
    Covariate,
    Experiment,
    Guardrail,
    Status,
    Unit,
    Variant,
    status,
)
from experiments.experiment_draft import draft_of
from experiments.freshness import complete_through
from experiments.joining import may_join
from experiments.known_before import without_past
from experiments.metric import CATALOGUE, Kind
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.planning import periods_of
from experiments.problem import Problem
from experiments.users import Role
from web.audit_words import ACTS, DETAILED
from web.experiment_form import placed
from web.forms import Form
from web.measures import unit_of
from web.plan_words import COVARIATES, DESIGNS, JOIN_RULES, SPENDINGS
from web.security import MANAGERS, STAFF
from web.sentences import MILESTONES, STATUSES, metric_name
from web.texts import N_

KINDS = {
    Status.DRAFT: "",
    Status.RUNNING: "main",
    Status.PAUSED: "warn",
    Status.ENROLMENT_CLOSED: "main",
    Status.MEASURED: "good",
    Status.DECIDED: "good",
    Status.STOPPED: "bad",
}
STANDING = {
    Status.RUNNING: N_("It is running: new leads enrol."),
    Status.PAUSED: N_("It is paused: no lead enrols until it is resumed."),
    Status.ENROLMENT_CLOSED: N_("Enrolment is closed: the leads enrolled get their days."),
    Status.MEASURED: N_("It is measured: read the report, then decide."),
    Status.DECIDED: N_("It is decided."),
    Status.STOPPED: N_("It was stopped, and decides nothing."),
}
UNDER_WAY = (Status.RUNNING, Status.PAUSED, Status.ENROLMENT_CLOSED)


@dataclass(frozen=True, slots=True)
class Side:
    """A variant and the units that the draw gave it; the names of `reps` where reps are split."""

    variant: str
    size: int
    reps: Sequence[str]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to a plan; `act` is to be translated."""

    at: datetime
    act: str
    by: str
    detail: str


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan as its page shows it.

    `hindrances` come with the id of the field that mends each; `best` is None where leads are
    split; `may_join` are ids and names; `sides` are empty before the launch; `closes` is the last
    day on which leads enrol; `action_names` are those that define each variant, by its key.
    `guardrails` are names, margins and their units; these names, those `beside`,
    `milestone_name`, `design`, `covariate`, `join_rule`, `spending`, `status_name`, `standing`
    and the acts are to be translated; `without_past` are names. `apart_from` are the others of its
    exclusion group, and those of them that are `served_first` get all leads of reps they share.
    """

    status: Status
    milestone_name: str
    decides_value: bool
    beside: Sequence[str]
    currency: str
    design: str
    periods: Sequence[tuple[date, date]]
    join_rule: str
    may_join: Sequence[tuple[str, str]]
    spending: str
    guardrails: Sequence[tuple[str, float, str]]
    variants: Sequence[Variant]
    action_names: Mapping[str, Sequence[str]]
    shares: Sequence[float]
    level_digits: int
    alpha: float
    first_day: date
    last_day: date
    closes: date
    teams: Sequence[tuple[str, Sequence[str]]]
    hindrances: Sequence[tuple[Problem, str]]
    best: Attainable | None
    sides: Sequence[Side]
    history: Sequence[Deed]
    may_write: bool
    may_manage: bool
    approvals: Sequence[Approval] = ()
    needs_approval: bool = False
    covariate: str = ""
    without_past: Sequence[str] = ()
    apart_from: Sequence[Experiment] = ()
    served_first: Sequence[Experiment] = ()

    @property
    def is_draft(self) -> bool:
        """Whether it can still change."""
        return self.status is Status.DRAFT

    @property
    def is_under_way(self) -> bool:
        """Whether it can be stopped."""
        return self.status in UNDER_WAY

    @property
    def status_name(self) -> str:
        """Where it is in its life, in a word."""
        return STATUSES[self.status]

    @property
    def status_kind(self) -> str:
        """The kind of the chip that says so."""
        return KINDS[self.status]

    @property
    def standing(self) -> str:
        """Where it is in its life, in a sentence; empty for a draft."""
        return STANDING.get(self.status, "")


def shown(session: Session, found: Experiment, role: Role, *, now: datetime) -> PlanShown:
    """The plan of an experiment for a reader of this role."""
    draft = draft_of(session, found)
    company = the_company(session)
    zone, currency = company.zone, company.currency
    variants = control_first(found.variants)
    total = sum(each.weight for each in variants)
    is_draft = found.launched_at is None
    return PlanShown(
        status=status_of(session, found, now=now),
        milestone_name=MILESTONES[found.milestone],
        decides_value=CATALOGUE[found.metric].kind is Kind.VALUE,
        beside=[metric_name(CATALOGUE[each]) for each in found.secondary],
        currency=currency,
        design=DESIGNS[found.design] if found.unit is Unit.REP else "",
        periods=_periods(session, found, zone),
        covariate=COVARIATES[found.covariate] if found.covariate else "",
        without_past=_without_past(found),
        served_first=served_first(session, found, now=now) if is_draft else (),
        apart_from=others(session, found) if found.exclusion_group else (),
        join_rule=JOIN_RULES[found.join_rule] if found.join_rule else "",
        may_join=[(rep.external_id, rep.name) for rep in may_join(session, found, now=now)],
        spending=SPENDINGS[found.spending],
        guardrails=[_guardrail(each, currency) for each in found.guardrails],
        variants=variants,
        action_names={each.key: _action_names(each) for each in variants},
        shares=[each.weight / total for each in variants],
        level_digits=0 if round(100 * found.level, 9).is_integer() else 1,
        alpha=round(1 - found.level, 12),
        first_day=draft.enrol_from,
        last_day=draft.enrol_until,
        closes=(found.enrolment_end_at - timedelta(microseconds=1)).astimezone(zone).date(),
        teams=by_team(found.participants),
        hindrances=_hindrances(session, found, now) if is_draft else (),
        best=attainable(found) if is_draft else None,
        sides=() if is_draft else _sides(session, found, variants),
        history=_history(session, found),
        may_write=role in STAFF,
        may_manage=role in MANAGERS,
        approvals=approvals(session, found) if is_draft else (),
        needs_approval=is_draft and the_company(session).second_approval,
    )


def status_of(session: Session, found: Experiment, *, now: datetime) -> Status:
    """Where an experiment is in its life, as its sources tell."""
    through = complete_through(session, found.id, now=now)
    return status(found, now=now, complete_through=through)


def _guardrail(guardrail: Guardrail, currency: str) -> tuple[str, float, str]:
    metric = CATALOGUE[guardrail.metric]
    return metric_name(metric), guardrail.margin, unit_of(metric, currency)


def control_first(variants: Sequence[Variant]) -> list[Variant]:
    """The variants in the order of their colours."""
    return sorted(variants, key=lambda each: not each.is_control)


def by_team(reps: Sequence[Rep]) -> list[tuple[str, list[str]]]:
    """The reps' names by their team's, teams in order; those without a team come last."""
    teams: dict[str, list[str]] = {}
    for rep in sorted(reps, key=lambda each: each.name):
        teams.setdefault(rep.team.name if rep.team else "", []).append(rep.name)
    return sorted(teams.items(), key=lambda each: (not each[0], each[0]))


def _action_names(variant: Variant) -> list[str]:
    actions = [
        variant.version.action(key) if variant.version else None
        for key in variant.defining_actions
    ]
    return [each.name for each in actions if each]


def _hindrances(session: Session, found: Experiment, now: datetime) -> list[tuple[Problem, str]]:
    ids = Form()
    problems = placed(life.hindrances(session, found, now=now))
    return [(each, ids.field_id(each.where)) for each in problems]


def _sides(session: Session, found: Experiment, variants: Sequence[Variant]) -> list[Side]:
    stored = assignments(session, found)
    sizes = Counter(stored.values())
    names: dict[int, list[str]] = {}
    if found.unit is Unit.REP:
        for rep in sorted(found.participants, key=lambda each: each.name):
            names.setdefault(stored[rep.external_id], []).append(rep.name)
    return [Side(each.name, sizes[each.id], names.get(each.id, ())) for each in variants]


def _periods(session: Session, found: Experiment, zone: ZoneInfo) -> list[tuple[date, date]]:
    """The first and the last day of each period of a crossover."""
    return [
        (start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date())
        for start, end in periods_of(session, found)
    ]


def _without_past(found: Experiment) -> list[str]:
    """Names of those whose share before was not known; plans of today refuse them."""
    if found.covariate is not Covariate.SHARE or found.launched_at is None:
        return []
    missing = without_past(frozen_plan(found).split.baseline)
    return [rep.name for rep in found.participants if rep.external_id in missing]


def _history(session: Session, found: Experiment) -> list[Deed]:
    return [
        Deed(
            at=entry.at,
            act=ACTS.get(entry.act, entry.act),
            by=entry.by.name if entry.by else "",
            detail=entry.detail if entry.act in DETAILED else "",
        )
        for entry in audit.entries(session, found.key)
    ]
