"""A plan that can still change: checked, stored, changed, and read again for editing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.company import Company, the_company
from experiments.defining import defining_keys
from experiments.draft_fields import ExperimentDraft, VariantDraft
from experiments.draft_words import reps_meant, versions_meant
from experiments.exclusion import spelled
from experiments.experiment import DefiningAction, Experiment, Variant
from experiments.findings import from_pydantic
from experiments.metric_draft import GuardrailDraft
from experiments.money import from_minor, to_minor
from experiments.people import Rep
from experiments.problem import Problem, Refused, problem, refuse_if
from experiments.process import ProcessVersion
from experiments.process_draft import slug
from experiments.users import User


@dataclass(frozen=True, slots=True)
class Meant:
    """What the words of a draft stand for; versions and actions by variant, in order."""

    versions: Sequence[ProcessVersion | None]
    defining: Sequence[Sequence[str]]
    participants: Sequence[Rep]


def checked(written: Any) -> ExperimentDraft:
    """The draft of a JSON value. Raises Refused naming each field."""
    try:
        return ExperimentDraft.model_validate(written)
    except ValidationError as error:
        raise from_pydantic(error) from None


def create(
    session: Session, draft: ExperimentDraft, *, by: User | None, now: datetime
) -> Experiment:
    """Store a new draft. Raises Refused naming each wrong field; then nothing is stored."""
    found = sketch(session, draft)
    found.created_at, found.created_by_id = now, by.id if by else None
    session.add(found)
    session.flush()
    audit.record(session, "created", found.key, by=by, now=now)
    return found


def sketch(session: Session, draft: ExperimentDraft) -> Experiment:
    """The experiment that a draft would become, which nobody has stored.

    Raises:
        Refused: as `create`.
    """
    problems: list[Problem] = []
    if session.scalar(select(Experiment.id).where(Experiment.key == draft.key)):
        problems.append(problem("key", "There is an experiment {key} already.", key=draft.key))
    meant = _meant(session, draft, problems)
    refuse_if(problems)
    found = Experiment(key=draft.key)
    _fill(found, draft, meant, the_company(session))
    found.exclusion_group = spelled(session, draft.exclusion_group)
    return found


def change(
    session: Session, found: Experiment, draft: ExperimentDraft, *, by: User | None, now: datetime
) -> None:
    """Rewrite a draft. Raises Refused after launch: the plan is frozen then."""
    if found.launched_at:
        raise Refused(problem("plan", "The plan froze at launch and cannot change."))
    if draft.key != found.key:
        raise Refused(problem("key", "The key of an experiment cannot change."))
    problems: list[Problem] = []
    meant = _meant(session, draft, problems)
    refuse_if(problems)
    # Old variants and guardrails go before new ones with the same keys come.
    found.variants, found.guardrails = [], []
    session.flush()
    _fill(found, draft, meant, the_company(session))
    found.exclusion_group = spelled(session, draft.exclusion_group)
    session.flush()
    audit.record(session, "changed", found.key, by=by, now=now)


def draft_of(session: Session, found: Experiment) -> ExperimentDraft:
    """An experiment as its draft again, for editing."""
    company = the_company(session)
    zone, currency = company.zone, company.currency
    last_day = found.enrol_until_at.astimezone(zone) - timedelta(microseconds=1)
    return ExperimentDraft(
        name=found.name,
        key=found.key,
        hypothesis=found.hypothesis,
        unit=found.unit,
        by_account=found.by_account,
        variants=[_variant_draft(variant) for variant in found.variants],
        reps=[rep.external_id for rep in found.participants],
        milestone=found.milestone,
        metric=found.metric,
        secondary=list(found.secondary),
        cap=None if found.cap_minor is None else float(from_minor(found.cap_minor, currency)),
        rates=dict(found.rates),
        horizon_days=found.horizon_days,
        level=found.level,
        enrol_from=found.enrol_from_at.astimezone(zone).date(),
        enrol_until=last_day.date(),
        rehearsal=found.rehearsal,
        design=found.design,
        covariate=found.covariate,
        washout_days=found.washout_days,
        join_rule=found.join_rule,
        exclusion_group=found.exclusion_group,
        missing_limit=found.missing_limit,
        stale_days=found.stale_days,
        adherence_floor=found.adherence_floor,
        looks=found.looks,
        spending=found.spending,
        guardrails=[GuardrailDraft.of(each, currency) for each in found.guardrails],
    )


def _meant(session: Session, draft: ExperimentDraft, problems: list[Problem]) -> Meant:
    """What the draft's words stand for; `problems` get each that stands for nothing."""
    versions = versions_meant(session, [each.process for each in draft.variants], problems)
    defining = [
        defining_keys(each.defining_actions, versions[at - 1], each.name, at, problems)
        for at, each in enumerate(draft.variants, start=1)
    ]
    participants = reps_meant(session, draft.reps, draft.teams, problems)
    currency = the_company(session).currency
    if currency in draft.rates:
        text = "{code} is the company's own currency, and needs no rate."
        problems.append(problem("rates", text, code=currency))
    return Meant(versions, defining, participants)


def _fill(found: Experiment, draft: ExperimentDraft, meant: Meant, company: Company) -> None:
    zone, currency = company.zone, company.currency
    for name in _AS_WRITTEN:
        setattr(found, name, getattr(draft, name))
    found.enrol_from_at = datetime.combine(draft.enrol_from, time(), zone)
    found.enrol_until_at = datetime.combine(draft.enrol_until + timedelta(days=1), time(), zone)
    found.guardrails = [each.stored(currency) for each in draft.guardrails]
    found.cap_minor = None if draft.cap is None else to_minor(Decimal(str(draft.cap)), currency)
    found.variants = [
        Variant(
            position=at,
            key=slug(each.name),
            name=each.name,
            version=meant.versions[at],
            is_control=each.control,
            weight=each.weight,
            defining=[DefiningAction(key=key) for key in meant.defining[at]],
        )
        for at, each in enumerate(draft.variants)
    ]
    found.participants = list(meant.participants)


_AS_WRITTEN = (
    "name",
    "hypothesis",
    "unit",
    "by_account",
    "milestone",
    "metric",
    "secondary",
    "rates",
    "horizon_days",
    "level",
    "rehearsal",
    "design",
    "covariate",
    "washout_days",
    "join_rule",
    "missing_limit",
    "stale_days",
    "adherence_floor",
    "looks",
    "spending",
)


def _variant_draft(variant: Variant) -> VariantDraft:
    version = variant.version
    process = f"{version.process.key}@{version.number}" if version else ""
    return VariantDraft(
        name=variant.name,
        process=process,
        control=variant.is_control,
        weight=variant.weight,
        defining_actions=variant.defining_actions,
    )
