"""What was followed of a treatment, and what following it brings, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from analysis.estimate import NotEstimable
from experiments.adherence import Followed
from experiments.report import Report
from web import format
from web.texts import N_

if TYPE_CHECKING:
    from web.wording import Words

SHARES = N_(
    "Of the leads of <b>{variant}</b> {own} were followed up as it is meant, and {control} of the "
    "control’s."
)
BELOW = N_("The plan wanted {floor} at least: what decides then tells of little that was done.")
BRINGS = N_(
    "On leads that are followed up it makes a difference of <b>{effect}</b> ({interval}). What "
    "decides is the difference over all leads, followed up or not."
)
UNBOUNDED = N_(
    "What it does to leads that are followed up cannot be bounded: by chance alone the variants "
    "could differ as much in how often it was done. What decides is the difference over all leads."
)
NONE = N_("What it does to leads that are followed up cannot be told: {why}.")
NOT_ASKED = N_(
    "What it does to leads that are followed up is reckoned where reps were split and the test is "
    "judged once."
)


def following_sentences(words: Words, report: Report, found: Followed) -> list[Markup]:
    """The shares, whether they are fewer than planned, and the effect on leads followed up."""
    locale, own = words.reader.locale, found.share(found.variant.id)
    said = [
        words.fill(
            SHARES,
            variant=found.variant.name,
            own=_share(words, own),
            control=_share(words, found.share(report.plan.control.id)),
        )
    ]
    floor = report.plan.adherence_floor
    if own is not None and own < floor:
        said.append(words.fill(BELOW, floor=format.percent(floor, locale=locale, digits=0)))
    return [*said, _effect(words, report, found)] if report.effects_shown else said


def _share(words: Words, share: float | None) -> str:
    return "–" if share is None else format.percent(share, locale=words.reader.locale, digits=0)


def _effect(words: Words, report: Report, found: Followed) -> Markup:
    result, unit = report.effect_of_following(found), words.unit(report)
    if result is None:
        return words.fill(NOT_ASKED)
    if isinstance(result, NotEstimable):
        return words.fill(NONE, why=words.why(result.why))
    if result.ci == (None, None):
        return words.fill(UNBOUNDED)
    return words.fill(
        BRINGS,
        effect=words.amount(result.effect, unit),
        interval=words.interval(result.ci, unit),
    )
