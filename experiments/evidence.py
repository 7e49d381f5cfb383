"""What the checks of a test look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from sqlalchemy.orm import Session

from experiments.adherence import Followed, followed
from experiments.balance import Contrasts, contrasts
from experiments.baseline import Trait
from experiments.counting import RepCount, Window
from experiments.enrolment import assignments_by_period
from experiments.experiment import Experiment, Unit
from experiments.freshness import Told, sources_told
from experiments.gaps import Gaps, gaps
from experiments.phases import Phase, ended_phases
from experiments.plan import Plan
from experiments.roster import Roster
from experiments.routing import Routed, routed, transfers


class Evidence:
    """What the checks look at, each part read once and only where a check asks for it.

    Args:
        roster: Who was in the test by the window's moment.
        counts: Those of the window.
        measured: Whether the test is over; before its leads have matured, every rep is idle.
    """

    def __init__(
        self,
        session: Session,
        found: Experiment,
        roster: Roster,
        counts: Sequence[RepCount],
        *,
        window: Window,
        measured: bool,
    ) -> None:
        self.session, self.found = session, found
        self.roster, self.plan = roster, roster.plan
        self.counts, self.window, self.measured = counts, window, measured

    @cached_property
    def stored(self) -> dict[tuple[str, int], int]:
        """The variant's id of every unit that was assigned by then, in each of its periods."""
        return assignments_by_period(self.session, self.found, as_of=self.window.as_of)

    @cached_property
    def ended(self) -> list[Phase]:
        """The phases that a change of the test ended."""
        return ended_phases(self.session, self.found)

    @cached_property
    def gaps(self) -> list[Gaps]:
        """What is missing of the enrolled leads."""
        return gaps(self.session, self.plan, self.window)

    @cached_property
    def told(self) -> list[Told]:
        """The sources, and through when each is complete."""
        return sources_told(self.session, self.found.id, as_of=self.window.as_of)

    @cached_property
    def followed(self) -> tuple[Followed, ...]:
        """What was followed, of the treatments that say what following means."""
        return followed(self.session, self.plan, self.window)

    @cached_property
    def before(self) -> dict[Trait, Contrasts]:
        """What was known of reps before, by treatment; nothing of it in plans of old versions."""
        return {trait: contrasts(self.plan, trait) for trait in Trait}

    @cached_property
    def routed(self) -> list[Routed]:
        """Leads per rep by treatment; none where leads were split."""
        return routed(self.roster, self.counts) if keeps_reps_apart(self.plan) else []

    @cached_property
    def transfers(self) -> int:
        """Leads that changed to a rep of another variant; none where leads were split."""
        if not keeps_reps_apart(self.plan):
            return 0
        return transfers(self.session, self.window)


def idle_reps(roster: Roster, counts: Sequence[RepCount]) -> int:
    """How many reps of the test have no matured lead; of a crossover, none in either variant."""
    followed = Counter(each.rep_id for each in counts if each.matured)
    needed = len(roster.plan.variants) if roster.plan.crossed else 1
    return roster.count - sum(variants >= needed for variants in followed.values())


def keeps_reps_apart(plan: Plan) -> bool:
    """Whether every rep is in one variant."""
    # In a crossover every rep is in both variants.
    return plan.unit is Unit.REP and not plan.crossed
