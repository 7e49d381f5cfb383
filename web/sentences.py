"""The texts of a report, to be translated as a whole and then filled in."""

from __future__ import annotations

from analysis.estimate import Why
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.experiment import Status
from experiments.guarding import Standing
from experiments.metric import Metric
from experiments.process import Milestone
from experiments.verdict import Verdict
from web.texts import N_

MILESTONES = {
    Milestone.LEAD: N_("Lead"),
    Milestone.QUALIFIED: N_("Qualified"),
    Milestone.DEMO: N_("Demo or trial"),
    Milestone.PROPOSAL: N_("Proposal"),
    Milestone.WON: N_("Won"),
}
METRICS = {
    "value_per_lead": N_("Won value per lead"),
    "value_per_win": N_("Value per win"),
    "days_to_won": N_("Days to won"),
}
STATUSES = {
    Status.DRAFT: N_("Draft"),
    Status.RUNNING: N_("Running"),
    Status.PAUSED: N_("Paused"),
    Status.ENROLMENT_CLOSED: N_("Enrolment closed"),
    Status.MEASURED: N_("Measured"),
    Status.DECIDED: N_("Decided"),
    Status.STOPPED: N_("Stopped"),
}
VERDICTS = {
    Verdict.ADOPT: N_("A winner"),
    Verdict.KEEP: N_("Keep the control"),
    Verdict.CONTINUE: N_("Too early"),
    Verdict.CANNOT_DECIDE: N_("Cannot be decided"),
    Verdict.UNHEALTHY: N_("Not to be trusted"),
}
RULES = {
    "unhealthy": N_("A check of the split, the plan or the data fails."),
    "stopped": N_("The test was stopped before its time."),
    "early": N_("It is not measured yet, and no planned look was taken."),
    "better": N_("A treatment is better beyond doubt, and its guardrails hold."),
    "harmful": N_("Whatever is better beyond doubt breaks a guardrail."),
    "worse": N_("Every treatment is worse beyond doubt."),
    "look": N_("It is a planned look before the last, and shows nothing beyond doubt."),
    "nothing": N_("Measured, and nothing is beyond doubt."),
}
CHECKS = {
    CheckName.PLAN: N_("The plan is the one that was launched."),
    CheckName.DRAW: N_("Every rep is in the variant that the draw gave."),
    CheckName.RATIO: N_("What was split falls to the variants in the planned proportion."),
    CheckName.UNMAPPED_STAGES: N_("The stages that sources name have a place here."),
    CheckName.MISSING_OUTCOMES: N_("What became of the leads is known."),
    CheckName.MISSING_VALUES: N_("What the wins are worth is known."),
    CheckName.STALE_DATA: N_("The data is fresh enough."),
    CheckName.IDLE_REPS: N_("Nearly every rep has leads to count, in each variant alike."),
    CheckName.BALANCE: N_("The reps of each variant were alike before the test."),
    CheckName.LEADS_PER_REP: N_("The reps of each variant got about as many leads."),
    CheckName.TRANSFERS: N_("No lead went to a rep of another variant."),
    CheckName.ADHERENCE: N_("The treatment is followed as often as planned."),
}
WHYS = {
    Why.NO_LEADS: N_("a variant has no matured leads"),
    Why.TOO_FEW_REPS: N_("a variant has fewer than two reps with matured leads"),
    Why.TOO_FEW_ACCOUNTS: N_("a variant has fewer than two accounts with matured leads"),
    Why.TOO_FEW_LEADS: N_("a variant has fewer than two matured leads"),
    Why.TOO_MANY_LEADS: N_("there are too many leads to list every outcome"),
    Why.NO_PAIRS: N_("reps were not split in pairs"),
    Why.TOO_FEW_PAIRS: N_("fewer than two pairs have matured leads on both sides"),
    Why.NOT_FOLLOWED: N_("no lead has been followed for so long"),
    Why.NO_FINITE_RATIO: N_("there is no success to divide by"),
    Why.NO_VARIATION: N_("all reps of a variant have the same rate"),
    Why.NO_STRATUM: N_("there are no strata"),
    Why.SAME_FOLLOWING: N_("the treatment was followed as often in both variants"),
    Why.CONSTANT_COVARIATE: N_("the value from before is the same for all reps"),
    Why.COVARIATE_IS_SPLIT: N_("the value from before tells the variants apart"),
    Why.NO_COVARIATE: N_("there is no value from before"),
    Why.ONE_SEGMENT: N_("there is only one segment"),
    Why.NO_LOOKS: N_("no looks were planned"),
}


def metric_name(metric: Metric) -> str:
    """A metric's name, to be translated; of a share its milestone's."""
    return METRICS.get(metric.key) or MILESTONES[metric.milestone]


CLOSES = {
    "more": N_(
        "<b>{variant}</b> closes <b>{points} points more</b> of its leads than {control} "
        "({interval})."
    ),
    "fewer": N_(
        "<b>{variant}</b> closes <b>{points} points fewer</b> of its leads than {control} "
        "({interval})."
    ),
    "flat": N_("<b>{variant}</b> closes as many of its leads as {control} ({interval})."),
}
EARNS = {
    "more": N_("<b>{variant}</b> wins <b>{amount} more</b> per lead than {control} ({interval})."),
    "fewer": N_(
        "<b>{variant}</b> wins <b>{amount} less</b> per lead than {control} ({interval})."
    ),
    "flat": N_("<b>{variant}</b> wins as much per lead as {control} ({interval})."),
}
BRINGS = {
    "more": N_(
        "<b>{variant}</b> brings <b>{points} points more</b> of its leads to “{milestone}” "
        "than {control} ({interval})."
    ),
    "fewer": N_(
        "<b>{variant}</b> brings <b>{points} points fewer</b> of its leads to “{milestone}” "
        "than {control} ({interval})."
    ),
    "flat": N_(
        "<b>{variant}</b> brings as many of its leads to “{milestone}” as {control} ({interval})."
    ),
}
NOTES = {
    Caveat.NOT_MEASURED: N_(
        "{leads} of {enrolled} leads have not had their time yet, and enrolment may go on. "
        "Whoever decides before {at} decides on luck."
    ),
    Caveat.OPENED_EARLY: N_(
        "The effects were opened early on {at} ({by}). Stopping on what they show makes a useless "
        "change look good more often than planned."
    ),
    Caveat.REHEARSAL: N_(
        "This is a rehearsal on past data: nobody worked differently, so any difference is chance."
    ),
    Caveat.STOPPED: N_("Stopped: {reason}. {leads} leads had not matured."),
    Caveat.IDLE_REPS: N_("{reps} reps have no matured lead; they have no rate and do not count."),
    Caveat.NOT_ESTIMABLE: N_("There is no estimate for {variant}: {why}."),
    Caveat.TOO_FEW_DRAWS: N_(
        "With so few reps the smallest p that can come out is {smallest_p}, above {alpha}: no "
        "result, however large, could be told from chance."
    ),
    Caveat.FEW_WINS: N_(
        "A rep has {reached} such leads on average. Below 5 the interval may hold less often than "
        "it says."
    ),
    Caveat.AT_LOOK: N_(
        "This is what look {look} of {looks} saw. It may be decided on; if it shows nothing, the "
        "test goes on."
    ),
    Caveat.UNEVEN_LEADS: N_(
        "Reps of {variant} enrolled {ratio} times as many leads as the control's. Look at how "
        "leads are routed: if reps pick them, the variants' leads are not alike."
    ),
    Caveat.UNEVEN_TEAMS: N_(
        "These teams could not be split evenly, and the variants hold unequal parts of them: "
        "{teams}. If teams sell differently, some of the difference shown is theirs, and a better "
        "or a worse process is found less easily. Errors stay as rare as planned."
    ),
    Caveat.JOINED: N_(
        "{reps} reps joined after the launch, each by the plan's rule; they count, and the test "
        "draws them again by that rule."
    ),
    Caveat.CARRY_OVER: N_(
        "Only {days} days lie between the periods, and a lead gets {horizon}: reps still worked "
        "on leads of the first while the second ran. What lingers makes the processes look more "
        "alike, or the later one better or worse."
    ),
    Caveat.LEFT: N_("{reps} reps left during the test; their leads count where they enrolled."),
    Caveat.KEPT_OUT: N_(
        "Leads kept out: {leads}. They are in {first}, which is of the same exclusion group."
    ),
    Caveat.TRANSFERS: N_(
        "Leads that later went to a rep of another variant: {leads}. They count where they "
        "enrolled."
    ),
    Caveat.MISSING_VALUES: N_(
        "Wins without a value: {wins}. They are left out of the won value: enter their amounts, "
        "or the rate of their currency."
    ),
    Caveat.GUARDRAIL_UNCLEAR: N_(
        "{variant} may lose more than {margin} at “{metric}”, which the plan guards: "
        "the interval does not rule it out."
    ),
    Caveat.GUARDRAIL_BROKEN: N_(
        "{variant} loses more than {margin} at “{metric}”, which the plan guards."
    ),
    Caveat.AVERAGES_DIFFER: N_(
        "{variant}: counted by rep the difference is {by_rep}, counted by lead {by_lead}: "
        "reps with many leads fare differently from those with few."
    ),
}
EVERY_DEAL = N_("With every deal")
WITHOUT_LARGEST = N_("Without the largest deal")
STOPPED = N_("This test was <b>stopped</b> before its end, and decides nothing.")
TOO_FEW_WAYS = N_("<b>This design cannot decide:</b> {reps} reps can be split in too few ways.")
CANNOT_TELL = N_("<b>It cannot be told</b> which process closes more.")
CANNOT_TELL_EARNING = N_("<b>It cannot be told</b> which process wins more per lead.")
CANNOT_TELL_REACHING = N_(
    "<b>It cannot be told</b> which process brings more leads to “{milestone}”."
)
STANDINGS = {
    Standing.HOLDS: N_("holds"),
    Standing.UNCLEAR: N_("unclear"),
    Standing.BROKEN: N_("broken"),
}
NEXT_LOOK = N_("<b>Too early to say.</b> The next planned look is due on {at}.")
LOOK_DUE = N_("<b>Look {look} is due.</b> Taking it shows the effects as they stand.")
NOT_YET = N_("<b>Not decided at this look:</b> the test goes on.")
BREAKS_GUARDRAIL = N_("It breaks a guardrail, so the control is kept.")
GUARDRAIL_OPEN = N_("Whether its guardrails hold is not clear.")
TOO_EARLY = N_("<b>Too early to say.</b> Effects are shown on {at}, when every lead has matured.")
UNHEALTHY = N_("<b>These figures cannot be trusted.</b> This does not hold: {checks}")
NO_ESTIMATE = N_("For <b>{variant}</b> there is no estimate: {why}.")
PRIMARY = N_("primary, within {days}")
