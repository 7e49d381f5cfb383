"""What an insight found, said to one reader."""

from __future__ import annotations

from datetime import date

from babel import dates
from markupsafe import Markup

from analysis.estimate import Estimate
from analysis.forecast import Score
from analysis.winners import Sum
from experiments.alerts import Alert
from experiments.insight.activities import Activity, Closing
from experiments.insight.bottlenecks import Bottlenecks, Finding, Measure
from experiments.insight.forecasting import Forecast, Parts, Told
from experiments.insight.moves import Place, Ways
from experiments.insight.programme import Effect
from experiments.insight.ratios import By, RatioGroup, Ratios
from experiments.insight.visits import LOST
from experiments.process import Milestone
from web import format
from web.charts.flow import Way
from web.insight_texts import (
    ALERTS,
    CLOSING,
    DAYS,
    EXPECTED,
    FINDINGS,
    GOES_WITH,
    NAMELESS,
    POINTS,
    REACH,
    SENTENCE,
    TOO_FEW,
    TOO_FEW_HERE,
    TRIED,
    WAYS,
    YEARLY,
)
from web.sentences import CHECKS, MILESTONES
from web.templating import Reader
from web.texts import N_


class InsightWords:
    """Says what an insight found to one reader."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.say = reader.translations.gettext

    def of_a_hundred(self, group: RatioGroup) -> str:
        """The group's ratios in a sentence; empty where none of its leads count."""
        if not group.reached:
            return ""
        parts = [
            self.say(REACH[milestone]).format(
                count=format.count(round(100 * each.rate), locale=self.reader.locale)
            )
            for milestone, each in group.reached.items()
        ]
        return self.say(SENTENCE).format(parts=", ".join(parts))

    def group(self, found: Ratios, group: RatioGroup) -> str:
        """A group's name."""
        if group.period:
            return self.period(group.period, quarter=found.by is By.QUARTER)
        return group.name or self.say(NAMELESS[found.by])

    def period(self, first: date, *, quarter: bool = False) -> str:
        """A month's or quarter's name: `Mar 2026`, `Q1 2026`."""
        skeleton = "yQQQ" if quarter else "yMMM"
        return str(dates.format_skeleton(skeleton, first, locale=self.reader.locale))

    def place(self, found: Ways, place: Place) -> str:
        """A stage's or milestone's name."""
        return self.node(found, place.node)

    def node(self, found: Ways, node: str) -> str:
        """The name of the place that a move leads to."""
        if not node:
            return self.say(WAYS[Way.STAYS])
        if found.by_key:
            return found.names[node]
        return self.say(N_("Lost")) if node == LOST else self.say(MILESTONES[Milestone(node)])

    def goes_with(self, activity: Activity) -> Markup:
        """What an action goes with, in a sentence."""
        result = activity.association.result
        assert isinstance(result, Estimate)  # noqa: S101 - only what was judged is claimed
        text = self.say(GOES_WITH["more" if result.effect > 0 else "fewer"])
        return Markup(text).format(  # noqa: S704 - texts are ours, values escaped
            action=activity.name,
            stage=activity.stage_name,
            points=format.points(abs(result.effect), locale=self.reader.locale),
            interval=format.interval(result.ci, locale=self.reader.locale, gettext=self.say),
        )

    def association(self, activity: Activity) -> str:
        """The difference within reps in points, or that there are too few leads."""
        result = activity.association.result
        if not isinstance(result, Estimate):
            return self.say(TOO_FEW)
        return format.signed_points(result.effect, locale=self.reader.locale)

    def association_interval(self, activity: Activity) -> str | None:
        """Its interval, corrected for all actions."""
        result = activity.association.result
        if not isinstance(result, Estimate):
            return None
        return format.interval(result.ci, locale=self.reader.locale, gettext=self.say)

    def closing(self, side: Closing) -> str | None:
        """The counts behind a close rate, and the win rate among the closed."""
        if side.win_rate is None:
            return None
        return self.say(CLOSING).format(
            won=format.count(side.won, locale=self.reader.locale),
            leads=format.count(side.leads, locale=self.reader.locale),
            win_rate=format.percent(side.win_rate, locale=self.reader.locale),
        )

    def expected(self, found: Forecast, told: Told, at: int) -> Markup:
        """What a month is expected to bring, in a sentence."""
        month = told.months[at]
        text = Markup(self.say(EXPECTED))  # noqa: S704 - the text is ours, values escaped
        return text.format(
            month=self.period(month.month),
            expected=self.money(found, month.expected),
            low=self.money(found, month.low),
            high=self.money(found, month.high),
        )

    def tried(self, found: Forecast, score: Score) -> str:
        """How the forecast did on the months that are over."""
        low, high = score.coverage_interval
        return self.say(TRIED).format(
            trials=format.count(score.trials, locale=self.reader.locale),
            covered=format.count(score.covered, locale=self.reader.locale),
            coverage=format.percent(score.coverage, locale=self.reader.locale, digits=0),
            low=format.percent(low, locale=self.reader.locale, digits=0),
            high=format.percent(
                1.0 if high is None else high, locale=self.reader.locale, digits=0
            ),
            error=self.money(found, round(score.error)),
            naive=self.money(found, round(score.naive_error)),
        )

    def money(self, found: Forecast, minor: int) -> str:
        """An amount in whole units."""
        return format.money(minor, found.currency, locale=self.reader.locale, whole=True)

    def part(self, found: Forecast, told: Told) -> str:
        """The name of a team, process or variant."""
        nameless = {Parts.TEAM: By.TEAM, Parts.PROCESS: By.PROCESS, Parts.VARIANT: By.ALL}
        return told.name or self.say(NAMELESS[nameless[found.parts]])

    def finding(self, found: Bottlenecks, finding: Finding) -> Markup:
        """A pattern in a sentence."""
        result = finding.pattern.result
        assert isinstance(result, Estimate)  # noqa: S101 - only what was judged is claimed
        texts = FINDINGS[finding.against, finding.measure]
        text = Markup(self.say(texts["more" if result.effect > 0 else "fewer"]))  # noqa: S704
        return text.format(
            stage=self.stage(found, finding.node),
            group=finding.group,
            said=self.difference(finding),
        )

    def difference(self, finding: Finding) -> str:
        """Its difference for the average rep, with the corrected interval."""
        result = finding.pattern.result
        if not isinstance(result, Estimate):
            return self.say(TOO_FEW_HERE)
        locale = self.reader.locale
        if finding.measure is Measure.GOES_ON:
            return self.say(POINTS).format(
                effect=format.signed_points(result.effect, locale=locale),
                interval=format.interval(result.ci, locale=locale, gettext=self.say),
            )
        low, high = (0.0 if end is None else end for end in result.ci)
        effect, low_said, high_said = (
            format.signed_points(each / 100, locale=locale) for each in (result.effect, low, high)
        )
        return self.say(DAYS).format(effect=effect, low=low_said, high=high_said)

    def level_of(self, finding: Finding, value: float | None) -> str:
        """One side's average lead: a share or days."""
        if value is None:
            return "–"
        if finding.measure is Measure.GOES_ON:
            return format.percent(value, locale=self.reader.locale)
        return format.number(value, locale=self.reader.locale, digits=1)

    def stage(self, found: Bottlenecks, node: str) -> str:
        """A stage's name, or a milestone's."""
        return found.names[node] if found.by_key else self.say(MILESTONES[Milestone(node)])

    def yearly(self, total: Sum) -> Markup:
        """What the adopted winners bring in a year, in a sentence."""
        locale = self.reader.locale
        value, low, high = (
            format.count(round(each), locale=locale) for each in (total.value, *total.interval)
        )
        text = Markup(self.say(YEARLY))  # noqa: S704 - the text is ours
        return text.format(value=value, low=low, high=high)

    def raw_effect(self, effect: Effect) -> str:
        """The estimate in points, with its interval."""
        locale = self.reader.locale
        return self.say(POINTS).format(
            effect=format.signed_points(effect.estimate, locale=locale),
            interval=format.interval(effect.interval, locale=locale, gettext=self.say),
        )

    def shrunk_effect(self, effect: Effect) -> str:
        """The same, shrunk for the winner's curse; "–" where too few tests tell how much."""
        if effect.shrunk is None:
            return "–"
        locale = self.reader.locale
        return self.say(POINTS).format(
            effect=format.signed_points(effect.shrunk.effect, locale=locale),
            interval=format.interval(effect.shrunk.interval, locale=locale, gettext=self.say),
        )

    def alert(self, alert: Alert) -> str:
        """What happened, and for a check what should hold and does not."""
        text = self.say(ALERTS[alert.kind])
        return f"{text}: {self.say(CHECKS[alert.check])}" if alert.check else text
