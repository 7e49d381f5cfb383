"""How a plan's page says how a team is split, judged and looked at; to be translated."""

from __future__ import annotations

from analysis.sequential import Spending
from assignment.arrivals import JoinRule
from experiments.experiment import Covariate, SplitDesign
from web.texts import N_

DESIGNS = {
    SplitDesign.COMPLETE: N_("By chance alone: every split of the team is as likely."),
    SplitDesign.BY_TEAM: N_("Each team is split by itself."),
    SplitDesign.PAIRED: N_("Within pairs of reps who did alike before the test."),
    SplitDesign.CROSSOVER: N_("Each rep follows both processes, in an order that is drawn."),
    SplitDesign.RERANDOMISED: N_(
        "Drawn until the variants did alike before the test; the best tenth of splits is accepted."
    ),
}
COVARIATES = {
    Covariate.SHARE: N_(
        "The deciding test takes out how the reps’ shares differed before the test already."
    ),
    Covariate.LEADS: N_(
        "The deciding test takes out what comes with how many leads a week a rep had before."
    ),
}
JOIN_RULES = {
    JoinRule.BLOCKS: N_("New reps join in turn: a variant by chance, the variants kept as large."),
    JoinRule.COIN: N_("New reps join by a coin of their own."),
}
SPENDINGS = {
    Spending.OBRIEN_FLEMING: N_("Sparingly (O’Brien and Fleming)"),
    Spending.POCOCK: N_("Evenly (Pocock)"),
}
