"""How figures are computed, in texts to be translated as a whole and then filled in."""

from __future__ import annotations

from experiments.experiment import Unit
from web.texts import N_

METHODS = {
    "randomization": N_("Randomisation test"),
    "group_sequential": N_("Planned looks"),
    "rep_t": N_("t-test on reps"),
    "rep_welch": N_("Welch’s t-test on reps"),
    "cr2": N_("Average lead, CR2"),
    "account_cr2": N_("Average lead, by account"),
    "paired_t": N_("t-test on pairs"),
    "rep_ancova": N_("Analysis of covariance on reps"),
    "randomization_ancova": N_("Randomisation test, adjusted"),
    "lead_ancova": N_("Analysis of covariance on leads"),
    "cace": N_("Effect of following"),
    "mh_score": N_("Score, within reps"),
    "score": N_("Score"),
    "welch": N_("Welch’s t-test on leads"),
    "newcombe": N_("Newcombe"),
    "agresti_caffo": N_("Agresti and Caffo"),
    "exact": N_("Exact"),
    "blocked": N_("Difference within strata"),
    "score_ratio": N_("Ratio of the shares"),
    "cmh": N_("Common odds ratio"),
}
# What each method does, in a sentence for somebody who checks.
HOW = {
    "randomization": N_(
        "The difference of the average rep’s rates, divided by its own error, is compared with "
        "what other splits by the recorded design would have given."
    ),
    "group_sequential": N_(
        "The deciding test at planned looks: the error rate is spent over them, so that looking "
        "again errs no more often. Its interval holds over all looks together."
    ),
    "rep_t": N_("Student’s t-test on one rate a rep, as if both variants spread alike."),
    "rep_welch": N_("Welch’s t-test on one rate a rep, each variant with a spread of its own."),
    "cr2": N_(
        "Each lead counts once, with an error that knows leads of one rep to be alike "
        "(bias-reduced, with Satterthwaite’s degrees of freedom)."
    ),
    "account_cr2": N_(
        "Each lead counts once, with an error that knows leads of one account to be alike "
        "(bias-reduced, with Satterthwaite’s degrees of freedom)."
    ),
    "paired_t": N_("Student’s t-test on the differences within pairs, or within each rep."),
    "rep_ancova": N_(
        "Reps’ rates are fitted on the value from before; the difference is that of reps who "
        "were alike before."
    ),
    "randomization_ancova": N_(
        "The same test on what the value from before leaves unexplained, fitted anew for every "
        "effect that is tried."
    ),
    "lead_ancova": N_(
        "The difference among leads that were alike before, each variant with a fit of its own."
    ),
    "cace": N_(
        "The difference of the rates over that of the shares that were followed up, with Anderson "
        "and Rubin’s set by re-draws. It takes for granted that a process does nothing to leads "
        "on which it was not followed."
    ),
    "mh_score": N_(
        "Differences among each rep’s own leads, weighed as Mantel and Haenszel do, with the "
        "score’s interval."
    ),
    "score": N_("Miettinen and Nurminen’s score for the difference of two shares."),
    "welch": N_("Welch’s t-test on all leads, those that brought nothing among them."),
    "blocked": N_("Differences within strata, each weighed by its leads, by Student’s t."),
    "newcombe": N_("Newcombe’s interval, put together from those of both shares."),
    "agresti_caffo": N_("A success and a failure more for each variant, and the plain interval."),
    "exact": N_("It holds whatever the true rates, as all of them are tried; up to 100 leads."),
    "score_ratio": N_("The ratio of two shares, by the same score."),
    "cmh": N_("The odds ratio that all strata share, by Cochran, Mantel and Haenszel."),
}
METHOD_TEXTS = {
    Unit.REP: (
        N_(
            "Every enrolled lead counts in the variant that its rep was given, whatever happened "
            "later, {horizon} after it enrolled. Leads that have not had that time yet wait."
        ),
        N_(
            "Each rep's rate counts once; the effect is the difference of the averages, treatment "
            "minus control."
        ),
        N_(
            "The team could have been split otherwise: the test compares what happened with such "
            "splits, drawn by the recorded design. The {level} interval holds every effect that "
            "this test does not refute."
        ),
    ),
    Unit.LEAD: (
        N_(
            "Every enrolled lead counts in the variant that it was given, whatever happened "
            "later, {horizon} after it enrolled. Leads that have not had that time yet wait."
        ),
        N_(
            "Leads are compared with leads of the same rep (Mantel–Haenszel weights), and the "
            "{level} interval is Miettinen and Nurminen's."
        ),
    ),
}
CROSSOVER_TEXTS = (
    N_(
        "Each rep followed both processes, one in each period, in an order that was drawn. A lead "
        "counts in the variant of the period in which it enrolled, {horizon} after that."
    ),
    N_(
        "Each rep is compared with itself, and every rep counts once. What the second period did "
        "to everybody drops out."
    ),
    N_(
        "The orders could have been drawn otherwise: the test compares what happened with such "
        "draws. The {level} interval holds every effect that this test does not refute."
    ),
)
ALIKE = N_(
    "Leads of one rep are alike: the intracluster correlation is {icc} ({interval}). Splitting "
    "reps needs {effect} times as many leads as splitting leads would."
)
OF_ACCOUNTS = N_(
    "Leads of one account went to one variant together, so accounts are compared: the average "
    "lead’s outcome, with an error that knows leads of one account to be alike (CR2 with "
    "Satterthwaite’s degrees of freedom). A lead without an account counts as one. That reps "
    "differ stays in the error, so the {level} interval is rather too wide than too narrow."
)
OF_AMOUNTS = N_(
    "What the leads of each variant brought in on average is compared by Welch's t-test, leads "
    "that brought nothing among them; the {level} interval is that test's."
)
LOOKED = {
    Unit.REP: N_(
        "The plan has {looks} looks. The splits that could have been are followed through all "
        "looks, and over all of them together the error rate is kept."
    ),
    Unit.LEAD: N_(
        "The plan has {looks} looks; Lan and DeMets’ bounds keep the error rate over all of them "
        "together."
    ),
}
DRAWS = N_("{draws} splits were compared.")
EVERY_DRAW = N_("All {draws} possible splits were compared.")
ADJUSTED = N_(
    "For every effect that is tried the reps’ rates are fitted on that value anew, and the split "
    "is judged on what is left."
)
DRAWN = N_("The split was drawn with the seed {seed} and is locked in the plan {hash}.")
# What stands behind each block of the report, by the block's id on the page.
BLOCKS = {
    "guardrails": (
        N_(
            "The interval is that of the method that decides, at the plan’s level, not widened "
            "for the number of guardrails, as all of them have to hold. At looks they are judged "
            "as if there were one."
        ),
    ),
    "funnel": (
        N_(
            "A lead has reached a milestone when it ever entered a stage that stands for it, by "
            "the end of its time; won it is when it stood as won on that day. Matured leads only, "
            "and stages that it skipped count as not reached."
        ),
    ),
    "worth": (
        N_(
            "The last amount that was known by the end of a lead’s time counts, at the rates that "
            "the plan froze. Value per win is a ratio of two sums, with an interval over reps "
            "(delta method)."
        ),
    ),
    "times": (
        N_(
            "The curves are Aalen and Johansen’s: won and lost compete, and open leads are "
            "followed as far as they go. The mean is the area that is left above the curve of won "
            "leads; its error leaves out one rep after the other, or one lead."
        ),
    ),
    "reps": (
        N_(
            "The best guess draws each rep’s rate towards its variant’s average, by as much as "
            "chance alone would spread the rates of reps with so few leads (empirical Bayes)."
        ),
    ),
    "groups": (
        N_(
            "Counted anew at every visit from the events as they were known at the time that is "
            "shown. Open leads are neither won nor lost."
        ),
    ),
    "followed": (
        N_(
            "A lead was followed up when all of these actions were recorded for it by the end of "
            "its time, in whatever stage, and in both variants alike."
        ),
        HOW["cace"],
    ),
}
