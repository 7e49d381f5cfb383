"""How a report's figures were computed, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from analysis.estimate import Estimate, NotEstimable
from analysis.lead_methods import RATIOS
from analysis.rep_methods import FOLLOWED_METHODS
from experiments.experiment import Unit
from experiments.metric import Kind
from experiments.plan import Plan
from experiments.report import Report
from web import format
from web.method_texts import (
    ADJUSTED,
    ALIKE,
    BLOCKS,
    CROSSOVER_TEXTS,
    DRAWN,
    DRAWS,
    EVERY_DRAW,
    HOW,
    LOOKED,
    METHOD_TEXTS,
    METHODS,
    OF_ACCOUNTS,
    OF_AMOUNTS,
)
from web.plan_words import COVARIATES

if TYPE_CHECKING:
    from web.wording import Words

# Ratios have no scale of differences, and what following brings is another question: neither
# stands among the methods that answer the plan's.
ELSEWHERE = RATIOS | FOLLOWED_METHODS.keys()


def method_sentences(words: Words, report: Report) -> list[Markup]:
    """The design, what decides and by what, and how alike one rep's leads are."""
    locale, plan = words.reader.locale, report.plan
    values = {
        "level": format.percent(plan.level, locale=locale, digits=0),
        "horizon": format.days(plan.horizon_days, locale=locale),
        "looks": format.count(plan.looks, locale=locale),
    }
    texts = [words.fill(each, **values) for each in _texts(plan)]
    return [
        *texts,
        *_adjusted(words, plan),
        *_draws(words, report),
        *_alike(words, report),
        words.fill(DRAWN, seed=str(plan.split.seed), hash=report.plan_hash[:12]),
    ]


def block_sentences(words: Words, block: str) -> list[Markup]:
    """What stands behind a block of the report's page, by its id."""
    return [words.fill(each) for each in BLOCKS[block]]


def methods_told(words: Words, report: Report) -> list[tuple[str, str]]:
    """Every method that answers the plan's question beside the first: its name, what it does."""
    comparisons = report.primary.comparisons if report.primary else ()
    names = {
        name: None
        for each in comparisons
        for name, result in each.methods.estimates.items()
        if name not in ELSEWHERE and not isinstance(result, NotEstimable)
    }
    return [(words.say(METHODS[name]), words.say(HOW[name])) for name in names]


def _texts(plan: Plan) -> tuple[str, ...]:
    design = CROSSOVER_TEXTS if plan.crossed else METHOD_TEXTS[plan.unit]
    if plan.by_account:
        design = (design[0], OF_ACCOUNTS)
    elif plan.unit is Unit.LEAD and plan.primary.kind is Kind.VALUE:
        design = (design[0], OF_AMOUNTS)
    return (*design, LOOKED[plan.unit]) if plan.looks > 1 else design


def _adjusted(words: Words, plan: Plan) -> list[Markup]:
    if plan.covariate is None:
        return []
    return [words.fill(COVARIATES[plan.covariate]), words.fill(ADJUSTED)]


def _draws(words: Words, report: Report) -> list[Markup]:
    primary = report.primary if report.plan.unit is Unit.REP else None
    results = [each.result for each in primary.comparisons] if primary else []
    redrawn = [each for each in results if isinstance(each, Estimate)]
    return [
        words.fill(
            EVERY_DRAW if each.exact else DRAWS,
            draws=format.count(each.draws, locale=words.reader.locale),
        )
        for each in redrawn[:1]
        if each.draws
    ]


def _alike(words: Words, report: Report) -> list[Markup]:
    found = report.beside.likeness if report.beside else None
    if found is None or found.icc is None or found.design_effect is None:
        return []
    locale = words.reader.locale
    ends = [format.number(each, locale=locale, digits=3) for each in found.icc_ci or ()]
    values = {
        "icc": format.number(found.icc, locale=locale, digits=3),
        "interval": format.between(*ends, gettext=words.say) if ends else "–",
        "effect": format.number(found.design_effect, locale=locale, digits=1),
    }
    return [words.fill(ALIKE, **values)]
