"""The texts of the insights, to be translated as a whole and then filled in."""

from __future__ import annotations

from experiments.alerts import AlertKind
from experiments.decision import Choice
from experiments.insight.bottlenecks import Against, Measure
from experiments.insight.forecasting import Parts
from experiments.insight.ratios import By
from experiments.process import Milestone
from web.charts.flow import Way
from web.texts import N_

TABS = (
    ("/insight/ratios", N_("Ratios")),
    ("/insight/bottlenecks", N_("Bottlenecks")),
    ("/insight/activities", N_("Activities")),
    ("/insight/forecast", N_("Forecast")),
    ("/insight/programme", N_("Programme")),
    ("/insight/alerts", N_("Alerts")),
)
BY = {
    By.ALL: N_("All leads together"),
    By.PROCESS: N_("Process"),
    By.SEGMENT: N_("Segment"),
    By.TEAM: N_("Team"),
    By.MONTH: N_("Month in which they began"),
    By.QUARTER: N_("Quarter in which they began"),
}
NAMELESS = {
    By.ALL: N_("All leads"),
    By.PROCESS: N_("No process"),
    By.SEGMENT: N_("No segment"),
    By.TEAM: N_("No team"),
}
WAYS = {
    Way.ON: N_("went on"),
    Way.BACK: N_("went back"),
    Way.LOST: N_("lost"),
    Way.STAYS: N_("still there"),
}
SENTENCE = N_("Of 100 leads, {parts}.")
REACH = {
    Milestone.QUALIFIED: N_("{count} are qualified"),
    Milestone.DEMO: N_("{count} reach a demo or trial"),
    Milestone.PROPOSAL: N_("{count} get a proposal"),
    Milestone.WON: N_("{count} pay"),
}
GOES_WITH = {
    "more": N_(
        "In {stage}, leads with <b>{action}</b> are won {points} points more often than leads of"
        " the same rep without it ({interval})."
    ),
    "fewer": N_(
        "In {stage}, leads with <b>{action}</b> are won {points} points less often than leads of"
        " the same rep without it ({interval})."
    ),
}
TOO_FEW = N_("too few leads")
PARTS = {
    Parts.TEAM: N_("Team"),
    Parts.PROCESS: N_("Process"),
    Parts.VARIANT: N_("Variants of a test"),
}
EXPECTED = N_("In {month} we expect to win <b>{expected}</b>: {low} to {high}, 4 times in 5.")
TRIED = N_(
    "Tried on {trials} months that are over, each with what was known the month before: the"
    " interval held {covered} times, {coverage} ({low} to {high}), where 80% is promised. It was"
    " off by {error} on average; “last month again” by {naive}."
)
FINDINGS = {
    (Against.PERIOD, Measure.GOES_ON): {
        "more": N_("More leads go on from <b>{stage}</b> than in the period before: {said}."),
        "fewer": N_("Fewer leads go on from <b>{stage}</b> than in the period before: {said}."),
    },
    (Against.PERIOD, Measure.DAYS): {
        "more": N_("Leads stay longer in <b>{stage}</b> than in the period before: {said}."),
        "fewer": N_("Leads stay less long in <b>{stage}</b> than in the period before: {said}."),
    },
    (Against.TEAM, Measure.GOES_ON): {
        "more": N_("More leads of {group} go on from <b>{stage}</b> than of other teams: {said}."),
        "fewer": N_(
            "Fewer leads of {group} go on from <b>{stage}</b> than of other teams: {said}."
        ),
    },
    (Against.TEAM, Measure.DAYS): {
        "more": N_("Leads of {group} stay longer in <b>{stage}</b> than of other teams: {said}."),
        "fewer": N_(
            "Leads of {group} stay less long in <b>{stage}</b> than of other teams: {said}."
        ),
    },
    (Against.PROCESS, Measure.GOES_ON): {
        "more": N_("More leads go on from <b>{stage}</b> by {group} than otherwise: {said}."),
        "fewer": N_("Fewer leads go on from <b>{stage}</b> by {group} than otherwise: {said}."),
    },
    (Against.PROCESS, Measure.DAYS): {
        "more": N_("Leads stay longer in <b>{stage}</b> by {group} than otherwise: {said}."),
        "fewer": N_("Leads stay less long in <b>{stage}</b> by {group} than otherwise: {said}."),
    },
}
MEASURES = {Measure.GOES_ON: N_("go on"), Measure.DAYS: N_("days")}
AGAINST = {
    Against.PERIOD: N_("The period before"),
    Against.TEAM: N_("Other teams"),
    Against.PROCESS: N_("Other processes"),
}
POINTS = N_("{effect} points ({interval})")
DAYS = N_("{effect} days ({low} to {high})")
TOO_FEW_HERE = N_("too few leads or reps")
CHOICES = {
    Choice.ADOPT: N_("Adopted"),
    Choice.KEEP: N_("Control kept"),
    Choice.RUN_AGAIN: N_("To be run again"),
    Choice.INCONCLUSIVE: N_("Inconclusive"),
}
ALERTS = {
    AlertKind.LOOK_DUE: N_("A planned look is due"),
    AlertKind.DECISION_DUE: N_("Measured, and waits for a decision"),
    AlertKind.CHECK_FAILED: N_("A check fails"),
    AlertKind.STALE_SOURCE: N_("This source has told nothing for more than a week"),
}
YEARLY = N_(
    "What was adopted brings about <b>{value}</b> more won leads a year: {low} to {high}, 19 times"
    " in 20."
)
CLOSING = N_("{won} of {leads}; of the closed {win_rate}")
