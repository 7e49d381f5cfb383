"""What the figures allow to say, as rules that can be read: the first that holds decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from experiments.decision import Choice


class Verdict(StrEnum):
    """What the figures say."""

    ADOPT = "adopt"
    KEEP = "keep"
    CONTINUE = "continue"
    CANNOT_DECIDE = "cannot_decide"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. `better` and `worse` are proved at the plan's level.

    Attributes:
        looked: The figures are those of a planned look.
        better: A treatment is better, and all its guardrails hold.
        harmful: All that are better break a guardrail.
    """

    healthy: bool
    stopped: bool
    measured: bool
    looked: bool
    better: bool
    harmful: bool
    all_worse: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """When it holds, and what then may be said."""

    name: str
    holds: Callable[[Facts], bool]
    verdict: Verdict


RULES: tuple[Rule, ...] = (
    Rule("unhealthy", lambda facts: not facts.healthy, Verdict.UNHEALTHY),
    # Who may stop whenever the figures please finds what he likes.
    Rule("stopped", lambda facts: facts.stopped, Verdict.CANNOT_DECIDE),
    Rule("early", lambda facts: not (facts.measured or facts.looked), Verdict.CONTINUE),
    Rule("better", lambda facts: facts.better, Verdict.ADOPT),
    Rule("harmful", lambda facts: facts.harmful, Verdict.KEEP),
    Rule("worse", lambda facts: facts.all_worse, Verdict.KEEP),
    Rule("look", lambda facts: not facts.measured, Verdict.CONTINUE),
    Rule("nothing", lambda _: True, Verdict.CANNOT_DECIDE),
)

RECOMMENDED: dict[Verdict, tuple[Choice, ...]] = {
    Verdict.ADOPT: (Choice.ADOPT,),
    Verdict.KEEP: (Choice.KEEP,),
    Verdict.CANNOT_DECIDE: (Choice.RUN_AGAIN, Choice.INCONCLUSIVE),
    Verdict.CONTINUE: (),
    Verdict.UNHEALTHY: (),
}


def judge(facts: Facts) -> Verdict:
    """The verdict of the first rule that holds."""
    return ruled(facts).verdict


def ruled(facts: Facts) -> Rule:
    """The first rule that holds."""
    return next(rule for rule in RULES if rule.holds(facts))
