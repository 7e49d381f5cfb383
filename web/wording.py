"""A report's sentences, one source for the page, the terminal and the API.

Each is `Markup` with the words that matter in bold; `plain` gives it without. Sentences
are translated as a whole, then filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from markupsafe import Markup

from analysis.estimate import Estimate, Interval, NotEstimable, Why
from experiments.adherence import Followed
from experiments.caveats import Note
from experiments.check import Check
from experiments.comparing import Comparison
from experiments.experiment import Status
from experiments.guarding import Standing
from experiments.metric import Kind, Metric, Quantity
from experiments.process import Milestone
from experiments.report import Report
from experiments.verdict import Rule, Verdict
from web import format, measures
from web.consequence_words import consequence_sentences
from web.following_words import following_sentences
from web.measures import POINTS
from web.method_words import block_sentences, method_sentences, methods_told
from web.sentences import (
    BREAKS_GUARDRAIL,
    BRINGS,
    CANNOT_TELL,
    CANNOT_TELL_EARNING,
    CANNOT_TELL_REACHING,
    CHECKS,
    CLOSES,
    EARNS,
    GUARDRAIL_OPEN,
    LOOK_DUE,
    MILESTONES,
    NEXT_LOOK,
    NO_ESTIMATE,
    NOT_YET,
    NOTES,
    PRIMARY,
    RULES,
    STANDINGS,
    STATUSES,
    STOPPED,
    TOO_EARLY,
    TOO_FEW_WAYS,
    UNHEALTHY,
    WHYS,
    metric_name,
)
from web.templating import Reader


class Words:
    """Says a report to one reader."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.say: Callable[[str], str] = reader.translations.gettext

    def rule(self, rule: Rule) -> str:
        """When a rule of the verdict holds."""
        return self.say(RULES[rule.name])

    def verdict(self, report: Report) -> Markup:
        """The verdict in a sentence, with its effect and interval."""
        sentence: Markup = _VERDICTS[report.verdict](self, report)
        return sentence

    def consequence(self, report: Report) -> list[Markup]:
        """What the difference comes to in a quarter."""
        return consequence_sentences(self, report)

    def difference(self, report: Report, comparison: Comparison) -> Markup:
        """What a comparison found, whichever way it went."""
        result = comparison.result
        if isinstance(result, NotEstimable):
            return self.fill(
                NO_ESTIMATE, variant=comparison.variant.name, why=self.why(result.why)
            )
        key = "flat" if result.effect == 0 else "more" if result.effect > 0 else "fewer"
        primary, unit = report.plan.primary, self.unit(report)
        return self.fill(
            _saying(primary, CLOSES, BRINGS, EARNS)[key],
            variant=comparison.variant.name,
            control=report.plan.control.name,
            points=format.points(abs(result.effect), locale=self.reader.locale),
            amount=self.amount(abs(result.effect), unit),
            interval=self.interval(comparison.interval, unit),
            milestone=self.milestone(report.plan.milestone),
        )

    def note(self, note: Note) -> Markup:
        """A caveat in a sentence."""
        values = {name: self._value(name, value) for name, value in note.values.items()}
        return self.fill(NOTES[note.caveat], **values)

    def method(self, report: Report) -> list[Markup]:
        """How the figures were computed, in a few sentences."""
        return method_sentences(self, report)

    def behind(self, block: str) -> list[Markup]:
        """How a block of the report's page was computed, by its id."""
        return block_sentences(self, block)

    def methods(self, report: Report) -> list[tuple[str, str]]:
        """Each method that answered, with what it does."""
        return methods_told(self, report)

    def following(self, report: Report, found: Followed) -> list[Markup]:
        """What was followed of a treatment, and what following it brings."""
        return following_sentences(self, report, found)

    def check(self, check: Check) -> str:
        """What a check asks, as a statement that holds when it passed."""
        return self.say(CHECKS[check.name])

    def standing(self, standing: Standing) -> str:
        """What the interval says of a guardrail."""
        return self.say(STANDINGS[standing])

    def effect(self, comparison: Comparison, unit: str = POINTS) -> str:
        """A comparison's difference and interval in its unit, for a table."""
        result = comparison.result
        if isinstance(result, NotEstimable):
            return self.why(result.why)
        difference = measures.signed_in(result.effect, unit, locale=self.reader.locale)
        return f"{difference} ({self.interval(comparison.interval, unit)})"

    def unit(self, report: Report, metric: Metric | None = None) -> str:
        """The unit of a metric's amounts in a report, the primary's without one."""
        return measures.unit_of(metric or report.plan.primary, report.plan.currency)

    def amount(self, amount: float, unit: str) -> str:
        """An amount with its unit."""
        return measures.in_unit(amount, unit, locale=self.reader.locale, gettext=self.say)

    def metric(self, metric: Metric) -> str:
        """A metric's name."""
        return self.say(metric_name(metric))

    def status(self, status: Status) -> str:
        """Where the experiment is in its life."""
        return self.say(STATUSES[status])

    def primary(self, report: Report) -> str:
        """What is written under the primary milestone's name."""
        days = format.days(report.plan.horizon_days, locale=self.reader.locale)
        return self.say(PRIMARY).format(days=days)

    def milestone(self, milestone: Milestone) -> str:
        """A milestone's name."""
        return self.say(MILESTONES[milestone])

    def why(self, why: Why) -> str:
        """Why there is no estimate."""
        return self.say(WHYS[why])

    def interval(self, ends: Interval | None, unit: str = POINTS) -> str:
        """An interval of a difference in its unit."""
        ends = ends or (None, None)
        return measures.interval_in(ends, unit, locale=self.reader.locale, gettext=self.say)

    def _value(self, name: str, value: object) -> str:
        locale = self.reader.locale
        if isinstance(value, Why):
            return self.why(value)
        if isinstance(value, Milestone):
            return self.milestone(value)
        if isinstance(value, Metric):
            return self.metric(value)
        if isinstance(value, Quantity):
            unit = measures.unit_of(value.metric, value.currency)
            return self.amount(value.amount, unit)
        if isinstance(value, datetime):
            return format.day(value, **self.reader.dated)
        if isinstance(value, bool | str):
            return str(value)
        if isinstance(value, int):
            return format.count(value, locale=locale)
        assert isinstance(value, float)  # noqa: S101 - notes carry nothing else
        return format.number(value, locale=locale, digits={"reached": 1, "ratio": 2}.get(name, 3))

    def fill(self, text: str, **values: str) -> Markup:
        """A text in the reader's language with its values."""
        return Markup(self.say(text)).format(**values)  # noqa: S704 - texts are ours, values escaped

    def _winner(self, report: Report) -> Markup:
        assert report.winner is not None  # noqa: S101 - the verdict adopt has a winner
        return self.difference(report, report.winner)

    def _kept(self, report: Report) -> Markup:
        harmful = any(each.standing is Standing.BROKEN for each in report.guardrails)
        end = [self.fill(BREAKS_GUARDRAIL)] if harmful else []
        return Markup(" ").join([*self._each(report), *end])

    def _undecided(self, report: Report) -> Markup:
        alpha = report.plan.alpha
        comparisons = report.primary.comparisons if report.primary else ()
        if report.status is Status.STOPPED:
            return self.fill(STOPPED)
        if comparisons and all(each.undecidable(alpha) for each in comparisons):
            reps = format.count(len(report.plan.split.units), locale=self.reader.locale)
            return self.fill(TOO_FEW_WAYS, reps=reps)
        if not any(isinstance(each.result, Estimate) for each in comparisons):
            return Markup(" ").join(self._each(report))
        milestone, primary = report.plan.milestone, report.plan.primary
        if any(each.proved(alpha) for each in comparisons):
            return Markup(" ").join([*self._each(report), self.fill(GUARDRAIL_OPEN)])
        begin = self.fill(
            _saying(primary, CANNOT_TELL, CANNOT_TELL_REACHING, CANNOT_TELL_EARNING),
            milestone=self.milestone(milestone),
        )
        return Markup(" ").join([begin, *self._each(report)])

    def _too_early(self, report: Report) -> Markup:
        if report.look is not None:
            return Markup(" ").join([self.fill(NOT_YET), *self._each(report)])
        if report.due is not None:
            return self.fill(LOOK_DUE, look=str(report.due.number))
        ahead = [
            each.planned.due_at
            for each in report.looks[:-1]
            if each.taken_at is None and each.planned.due_at > report.complete_through
        ]
        if ahead:
            at = format.day(ahead[0], **self.reader.dated)
            return self.fill(NEXT_LOOK, at=at)
        at = format.day(report.measured_at, **self.reader.dated)
        return self.fill(TOO_EARLY, at=at)

    def _unhealthy(self, report: Report) -> Markup:
        failed = [self.say(CHECKS[each.name]) for each in report.checks if each.prevents]
        return self.fill(UNHEALTHY, checks=" ".join(failed))

    def _each(self, report: Report) -> list[Markup]:
        comparisons = report.primary.comparisons if report.primary else ()
        return [self.difference(report, each) for each in comparisons]


Text = TypeVar("Text")


def _saying(metric: Metric, of_wins: Text, of_reaching: Text, of_value: Text) -> Text:
    """What is said of a metric: of leads won, that reached something else, or of their value."""
    if metric.kind is Kind.VALUE:
        return of_value
    return of_wins if metric.milestone is Milestone.WON else of_reaching


def plain(sentence: Markup) -> str:
    """A sentence for a terminal."""
    return sentence.striptags()


_VERDICTS: dict[Verdict, Callable[[Words, Report], Markup]] = {
    Verdict.ADOPT: Words._winner,
    Verdict.KEEP: Words._kept,
    Verdict.CANNOT_DECIDE: Words._undecided,
    Verdict.CONTINUE: Words._too_early,
    Verdict.UNHEALTHY: Words._unhealthy,
}
