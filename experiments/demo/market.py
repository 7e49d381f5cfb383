"""What the demo's market does: how often a lead goes on, how long it takes, what it is worth.

These are the truth of the simulation; a report can only estimate them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log

import numpy as np

from experiments.process import Milestone


@dataclass(frozen=True, slots=True)
class Odds:
    """What happens in a stage: the average rep's chance to go on, and median working days."""

    goes_on: float
    days: float


# Process version → stage → its odds. The difference between two processes of a segment is
# the effect that the company's tests are there to find: it is built in, here.
ODDS: dict[str, dict[str, Odds]] = {
    "discovery-first@1": {
        "new-lead": Odds(0.70, 0.8),
        "discovery": Odds(0.58, 5),
        "demo": Odds(0.64, 6),
        "proposal": Odds(0.60, 8),
    },
    "demo-first@1": {
        "new-lead": Odds(0.74, 0.8),
        "fit-check": Odds(0.78, 1.5),
        "demo": Odds(0.80, 3),
        "discovery": Odds(0.79, 5),
        "proposal": Odds(0.68, 7),
    },
    "spin-outreach@1": {
        "prospecting": Odds(0.46, 6),
        "first-conversation": Odds(0.68, 4),
        "needs-meeting": Odds(0.72, 6),
        "demo": Odds(0.70, 6),
        "proposal": Odds(0.60, 8),
    },
    "short-sequence@1": {
        "sequence": Odds(0.50, 5),
        "interest-call": Odds(0.60, 2),
        "demo": Odds(0.64, 4),
        "proposal": Odds(0.57, 8),
    },
    "expansion@1": {
        "signal": Odds(0.80, 3),
        "review": Odds(0.72, 6),
        "show": Odds(0.75, 8),
        "offer": Odds(0.70, 5),
    },
    "expansion@2": {
        "signal": Odds(0.86, 3),
        "review": Odds(0.76, 5),
        "show": Odds(0.76, 8),
        "offer": Odds(0.71, 5),
    },
}

# What an action that was done, and one that was not, add to a stage's odds on the log scale. The
# rest of the company's actions do nothing, so the page of activities has one thing to find.
ACTION_EFFECTS = {"Two weeks of trial in their account": (0.5, -0.8)}

# New leads a week of an average rep, and the median deal in euros.
LEADS_PER_WEEK = {"inbound": 2.7, "outbound": 3.6, "expansion": 1.6}
MEDIAN_VALUE = {"inbound": 7200, "outbound": 14500, "expansion": 5400}

PRODUCTS = {
    "inbound": ("Team plan", "Company plan"),
    "outbound": ("Pilot", "Company plan"),
    "expansion": ("more seats", "forecasting", "second site"),
}

GOES_BACK = 0.08
SKIPS_A_STAGE = 0.04
COMES_BACK_AFTER_LOSS = 0.05
CHANGES_OWNER = 0.03
ENTERED_BY_MISTAKE = 0.006
DISCOUNT_AT_THE_END = 0.35

WHY_BACK = (
    "Our contact left; her successor wants to see it again",
    "A second department joined in, with questions of its own",
    "Their data turned out to be in another system",
    "The budget owner had not been in the room",
    "They want to compare us with another offer first",
)
# Leads that are lost before anybody has spoken with them.
WHY_LOST_AT_ONCE = {
    "inbound": (
        "No answer after four tries",
        "Too small for us",
        "Only wanted the price list",
        "A student writing a thesis",
    ),
    "outbound": (
        "Never answered",
        "Asked us not to write again",
        "Just signed with somebody else",
        "The person has left the company",
    ),
    "expansion": (
        "Uses less than it pays for",
        "Under notice",
        "Renewed for two years last month",
    ),
}
WHY_LOST: dict[Milestone, tuple[str, ...]] = {
    Milestone.QUALIFIED: (
        "No problem that they would pay for",
        "Not before next year's budget",
        "Happy with spreadsheets",
        "Nobody decides there at the moment",
    ),
    Milestone.DEMO: (
        "Their system is not one that we read",
        "Builds it with its own people",
        "The team did not see the use",
        "Went quiet after the demo",
    ),
    Milestone.PROPOSAL: (
        "Too expensive",
        "Chose another supplier",
        "Purchasing froze all new contracts",
        "Legal could not agree on data protection",
    ),
}
WHY_AGAIN = (
    "Asked us to call again: the other supplier could not deliver",
    "New budget year",
    "A new head of operations wants it",
)
WHY_HANDED_OVER = (
    "Parental leave",
    "A colleague speaks their language",
    "Territory moved to a colleague",
)
WHY_VOID = "Entered on the wrong lead"
WHY_CHEAPER = "Two years instead of one"

_FIRST = [
    "Arv",
    "Bel",
    "Cor",
    "Dal",
    "Elm",
    "Fen",
    "Gal",
    "Hes",
    "Ist",
    "Jor",
    "Kel",
    "Lun",
    "Mar",
    "Nor",
    "Oss",
    "Pel",
    "Quil",
    "Ros",
    "Sel",
    "Tam",
    "Ulv",
    "Ver",
    "Wes",
    "Yar",
    "Zel",
    "Bra",
    "Cru",
    "Dro",
    "Gri",
    "Sto",
]
_SECOND = [
    "anda",
    "bach",
    "berg",
    "dale",
    "ello",
    "enza",
    "ford",
    "garda",
    "holm",
    "ika",
    "lind",
    "mora",
    "nova",
    "oro",
    "quist",
    "rand",
    "sund",
    "tello",
    "una",
    "vik",
    "wald",
    "yra",
]
_TRADES = [
    "Logistics",
    "Foods",
    "Packaging",
    "Textiles",
    "Pharma",
    "Energy",
    "Ceramics",
    "Optics",
    "Robotics",
    "Timber",
    "Seafood",
    "Dairy",
    "Printing",
    "Glass",
    "Mobility",
    "Tools",
    "Clinics",
    "Hotels",
    "Bikes",
    "Seeds",
]


@dataclass(frozen=True, slots=True)
class Talent:
    """How a rep sells: skill on the log-odds scale of each stage, volume and care as shares."""

    skill: float
    volume: float
    care: float


def talent(rng: np.random.Generator) -> Talent:
    """A rep of the team; skills give an intra-class correlation near 0.04."""
    return Talent(
        skill=float(rng.normal(0, 0.3)),
        # A gamma of shape 4 varies by half its mean, as leads per rep do; nobody has none.
        volume=float(np.clip(rng.gamma(4, 1 / 4), 0.35, 2)),
        care=float(rng.uniform(0.4, 0.85)),
    )


def shifted(chance: float, skill: float) -> float:
    """A chance moved by a skill on the log-odds scale."""
    return 1 / (1 + exp(-log(chance / (1 - chance)) - skill))


def action_effect(actions: Iterable[str], done: Iterable[str]) -> float:
    """What the stage's actions add to its odds on the log scale, done or left out."""
    found = set(done)
    return sum(
        effect[0] if name in found else effect[1]
        for name in actions
        if (effect := ACTION_EFFECTS.get(name))
    )


def account_name(rng: np.random.Generator) -> str:
    """An invented company."""
    return f"{pick(rng, _FIRST)}{pick(rng, _SECOND)} {pick(rng, _TRADES)}"


def deal_value(rng: np.random.Generator, segment: str) -> int:
    """What a deal may be worth, in whole euros: log-normal, rounded as people round."""
    return max(10, round(MEDIAN_VALUE[segment] * float(rng.lognormal(0, 0.7)) / 100)) * 100


def why_lost(rng: np.random.Generator, segment: str, milestone: Milestone | None) -> str:
    """The reason that a rep writes down."""
    if milestone in WHY_LOST:
        return pick(rng, WHY_LOST[milestone])
    return pick(rng, WHY_LOST_AT_ONCE[segment])


def pick(rng: np.random.Generator, words: list[str] | tuple[str, ...]) -> str:
    """One of the words."""
    return words[int(rng.integers(len(words)))]
