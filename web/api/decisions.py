"""Decisions by API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from experiments import proposal
from experiments.decision import Choice, Decision
from experiments.experiment import experiment
from experiments.proposal import Proposal
from experiments.report import build
from experiments.users import User
from experiments.written import Written
from web.api import FAULTS, PREFIX, Key, Out
from web.deps import DbSession, Now
from web.security import MANAGERS, allow_token

router = APIRouter(prefix=f"{PREFIX}/experiments", tags=["Experiments"], responses=FAULTS)
Manager = Annotated[User, allow_token(*MANAGERS)]


class DecisionIn(Written):
    """What is decided, and why; `variant` names the one to adopt."""

    choice: Choice
    variant: str | None = Field(None, max_length=60)
    reason: str = Field(max_length=5000, examples=["It closes more, and the team likes it."])


class DecisionOut(Out):
    """What was decided; where it `waits`, it holds once a second person agrees."""

    choice: Choice
    variant: str | None
    recommended: Choice | None
    reason: str
    waits: bool


@router.post("/{key}/decision")
def decide(
    key: Key, asked: DecisionIn, session: DbSession, now: Now, user: Manager
) -> DecisionOut:
    """Decide on a measured experiment. What the report does not advise waits for somebody else."""
    found = experiment(session, key)
    report = build(session, found, now=now)
    ruling = proposal.ruling_on(report, asked.choice, variant=asked.variant, reason=asked.reason)
    return _shown(proposal.settle(session, found, ruling, by=user, now=now))


@router.post("/{key}/decision/second")
def second(key: Key, session: DbSession, now: Now, user: Manager) -> DecisionOut:
    """Agree with what somebody else proposed, which makes it the decision."""
    found = experiment(session, key)
    ready = build(session, found, now=now).ready
    return _shown(proposal.second(session, found, ready=ready, by=user, now=now))


def _shown(taken: Decision | Proposal) -> DecisionOut:
    return DecisionOut(
        choice=taken.choice,
        variant=taken.variant.key if taken.variant else None,
        recommended=taken.recommended,
        reason=taken.reason,
        waits=isinstance(taken, Proposal),
    )
