"""What a difference comes to in a quarter, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from experiments.consequence import Consequence, consequences
from experiments.metric import Kind
from experiments.process import Milestone
from experiments.report import Report
from web import format, measures
from web.texts import N_

if TYPE_CHECKING:
    from web.wording import Words

DEALS = {
    True: N_("About <b>{amount} more deals a quarter</b> for this team ({interval})."),
    False: N_("About <b>{amount} fewer deals a quarter</b> for this team ({interval})."),
}
MONEY = {
    True: N_("About <b>{amount} more a quarter</b> for this team ({interval})."),
    False: N_("About <b>{amount} less a quarter</b> for this team ({interval})."),
}
REACHING = {
    True: N_("About <b>{amount} more leads a quarter</b> at “{milestone}” ({interval})."),
    False: N_("About <b>{amount} fewer leads a quarter</b> at “{milestone}” ({interval})."),
}
# With several treatments, whose it is.
OF = N_("{variant}: {sentence}")
BASIS = N_("Reckoned at {leads} leads a quarter, as many as enrolled during the test.")


def consequence_sentences(words: Words, report: Report) -> list[Markup]:
    """A sentence a treatment, and what they are reckoned from; none where it is not known."""
    found = consequences(report)
    if not found:
        return []
    leads = format.count(round(found[0].leads), locale=words.reader.locale)
    return [*(_sentence(words, report, each) for each in found), words.fill(BASIS, leads=leads)]


def _sentence(words: Words, report: Report, found: Consequence) -> Markup:
    primary, unit = report.plan.primary, words.unit(report)
    texts = DEALS if primary.milestone is Milestone.WON else REACHING
    if primary.kind is Kind.VALUE:
        texts = MONEY
        amount = words.amount(abs(found.amount), unit)
        interval = words.interval(found.interval, unit)
    else:
        amount = format.count(round(abs(found.amount)), locale=words.reader.locale)
        ends = (_leads(words, end) for end in found.interval)
        interval = format.between(*ends, gettext=words.say)
    sentence = words.fill(
        texts[found.amount >= 0],
        amount=amount,
        interval=interval,
        milestone=words.milestone(primary.milestone),
    )
    if len(report.plan.treatments) == 1:
        return sentence
    return words.fill(OF, variant=found.comparison.variant.name, sentence=sentence)


def _leads(words: Words, end: float | None) -> str | None:
    if end is None:
        return None
    # A hundredth is a point.
    return measures.signed_in(end / 100, measures.POINTS, locale=words.reader.locale, digits=0)
