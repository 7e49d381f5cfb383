"""What `stagelift analyse` is asked, as its options say it, and which of them go together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import BadInput

if TYPE_CHECKING:
    from analysis.planned_looks import LookPlan
    from experiments.lead_table.answer import Question
    from experiments.lead_table.recorded import Recorded

_SPENDING = ("obrien-fleming", "pocock")

# What is asked of an outcome only, and not of times to close.
_WITH_OUTCOME = (
    "account",
    "covariate",
    "followed",
    "segment",
    "per",
    "look",
    "looks",
    "reps",
    "design",
)
# Accounts are compared with nothing beside them.
_NOT_OF_ACCOUNTS = ("rep", "stratum", "pair", "period", *_WITH_OUTCOME[1:])

_OPTIONS = (
    click.option("--variant", required=True, metavar="COL", help="Column of the variant."),
    click.option(
        "--outcome", multiple=True, metavar="COL", help="Column of 0 and 1, or an amount; or more."
    ),
    click.option("--time", metavar="COL", help="Column of the time to the event."),
    click.option("--event", metavar="COL", help="With --time: 0 open, 1 won, 2 lost."),
    click.option("--horizon", type=float, metavar="T", help="How far, in the time's unit."),
    click.option("--control", metavar="NAME", help="The control's name; else control, A or 0."),
    click.option(
        "--unit", type=click.Choice(["rep", "lead"]), help="What was split; rep with --rep."
    ),
    click.option("--rep", metavar="COL", help="Column of the rep."),
    click.option(
        "--account", metavar="COL", help="Column of the account; its leads went together."
    ),
    click.option("--stratum", metavar="COL", help="Column of the block that was split within."),
    click.option("--pair", metavar="COL", help="Column of the pair of reps that was split."),
    click.option(
        "--period", metavar="COL", help="Column of the period; reps followed both in turn."
    ),
    click.option("--covariate", metavar="COL", help="Column of a value from before."),
    click.option(
        "--followed", metavar="COL", help="Column of 0 and 1: treated as the treatment is."
    ),
    click.option("--segment", metavar="COL", help="Column over which the effect may differ."),
    click.option("--per", metavar="COL", help="Column by whose sum the outcome's is divided."),
    click.option("--look", metavar="COL", help="Column of the first look that saw the lead."),
    click.option("--looks", metavar="T1,T2,...", help="Shares of information at planned looks."),
    click.option(
        "--spending",
        type=click.Choice(_SPENDING),
        default=_SPENDING[0],
        show_default=True,
        help="How alpha is spent over them.",
    ),
    click.option(
        "--design",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="How reps were split, as JSON.",
    ),
    click.option("--cap", type=float, metavar="X", help="No amount counts for more."),
    click.option("--reps", is_flag=True, help="List each rep's own rate."),
    click.option("--level", default=0.95, show_default=True, help="Level of the intervals."),
    click.option("--seed", default=0, show_default=True, help="Of re-draws too many to list."),
)


def question_options(command: click.decorators.FC) -> click.decorators.FC:
    """The options that `Asked` holds."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a question, as they were given."""

    variant: str
    outcome: tuple[str, ...]
    time: str | None
    event: str | None
    horizon: float | None
    control: str | None
    unit: str | None
    rep: str | None
    account: str | None
    stratum: str | None
    pair: str | None
    period: str | None
    covariate: str | None
    followed: str | None
    segment: str | None
    per: str | None
    look: str | None
    looks: str | None
    spending: str
    design: Path | None
    cap: float | None
    reps: bool
    level: float
    seed: int

    @property
    def assumed(self) -> bool:
        """Whether nothing says what was split."""
        return not (self.unit or self.rep or self.account)

    @property
    def of_reps(self) -> bool:
        """Whether reps were split, and have a column."""
        return bool(self.rep) and self.unit != "lead"

    @property
    def asked_time(self) -> tuple[str, float] | None:
        """The column of the time and the horizon; `None` where an outcome is compared."""
        if self.time is None or self.horizon is None:
            return None
        return self.time, self.horizon

    def check(self) -> None:
        """Refuse options that are wrong, or do not go together.

        Raises:
            BadInput: naming the first such option.
        """
        faults = (
            self._of_numbers(),
            self._of_time(),
            self._of_accounts(),
            self._of_reps(),
            self._of_mixtures(),
        )
        for fault in (each for group in faults for each in group):
            raise BadInput(fault)

    def question(self) -> Question:
        """What they ask. Raises BadInput for looks that cannot be planned so."""
        from analysis.methods import Unit
        from experiments.lead_table.answer import Question
        from experiments.lead_table.columns import Columns

        columns = Columns(
            variant=self.variant,
            outcomes=self.outcome or (self.event or "",),
            rep=self.account or self.rep,
            stratum=self.pair or self.period or self.stratum,
            covariate=self.covariate,
            followed=self.followed,
            segment=self.segment,
            look=self.look,
            per=self.per,
            cap=self.cap,
        )
        return Question(
            columns=columns,
            unit=Unit(self.unit or ("rep" if self.rep else "lead")),
            control=self.control,
            level=self.level,
            seed=self.seed,
            paired=self.pair is not None,
            crossover=self.period is not None,
            looks=self._planned(),
            recorded=self._recorded(),
            each_rep=self.reps,
            by_account=self.account is not None,
        )

    def _recorded(self) -> Recorded | None:
        from experiments.lead_table.recorded import read_design
        from web.commands import clear_errors

        if self.design is None:
            return None
        with clear_errors():
            return read_design(self.design)

    def _planned(self) -> LookPlan | None:
        from analysis.planned_looks import LookPlan
        from analysis.sequential import Spending

        if self.looks is None:
            return None
        try:
            shares = tuple(float(each) for each in self.looks.split(","))
        except ValueError:
            text = f"--looks: {self.looks} is not a list of numbers such as 0.5,1."
            raise BadInput(text) from None
        try:
            return LookPlan(shares, Spending(self.spending))
        except ValueError as error:
            raise BadInput(f"--looks: {error}.") from None

    def _of_numbers(self) -> Iterator[str]:
        if not 0 < self.level < 1:
            yield f"--level: a confidence level is between 0 and 1, not {self.level}."
        if self.seed < 0:
            yield f"--seed: a seed is 0 or more, not {self.seed}."
        if self.cap is not None and (self.time or not 0 < self.cap < math.inf):
            yield "--cap: it is a number above 0, and goes with --outcome."
        for column in self.outcome:
            if self.outcome.count(column) > 1:
                yield f"--outcome: {column} is named twice."

    def _of_time(self) -> Iterator[str]:
        times = (self.time, self.event, self.horizon)
        if all(each is None for each in times):
            if not self.outcome:
                yield "Give --outcome, or all of --time, --event and --horizon."
            return
        if any(each is None for each in times) or self.outcome:
            yield "--time, --event and --horizon go together, without --outcome."
        if self.horizon is not None and not 0 < self.horizon < math.inf:
            yield f"--horizon: a horizon is above 0, not {self.horizon:g}."
        if self.stratum and not self.of_reps:
            yield "--stratum: with --time, strata are of reps who were split; give --rep."
        for option in _WITH_OUTCOME:
            if getattr(self, option):
                yield f"--{option}: it goes with --outcome, and without --time."

    def _of_reps(self) -> Iterator[str]:
        if self.pair and (self.stratum or not self.of_reps):
            yield "--pair: pairs are of reps, so it needs --rep, and no --stratum beside it."
        if self.followed and not self.of_reps:
            yield "--followed: it is of reps who were split; give --rep, and no --time."
        if self.per and not self.of_reps:
            yield "--per: its interval is over reps who were split; give --rep."
        if self.reps and not self.rep:
            yield "--reps: give the column of the rep with --rep."
        if self.design and (not self.of_reps or self.stratum or self.pair):
            yield "--design: it says how reps were split; give --rep, no --stratum and no --pair."
        if self.period and not self.of_reps:
            yield "--period: it goes with --rep alone, where reps followed both variants."
        if self.covariate and self.stratum and not self.of_reps:
            text = "split leads are compared within strata or by a value from before, not both"
            yield f"--covariate: {text}."

    def _of_mixtures(self) -> Iterator[str]:
        beside = ("time", "stratum", "pair", "covariate", "followed")
        if self.period and any(getattr(self, option) for option in beside):
            yield "--period: it goes with --rep alone, where reps followed both variants."
        for option in ("segment", "per", "look", "reps", "design"):
            if self.period and getattr(self, option):
                yield f"--{option}: it goes with --outcome, and without --period."
        if bool(self.look) != bool(self.looks):
            yield "--look and --looks go together: the column, and the shares that were planned."
        for option in ("followed", "segment"):
            if self.look and getattr(self, option):
                yield f"--{option}: at a look nothing stands beside the test; leave out --look."
        if self.look and self.covariate and not self.of_reps:
            yield "--covariate: at looks at split leads no value from before is taken account of."

    def _of_accounts(self) -> Iterator[str]:
        if not self.account:
            return
        for option in _NOT_OF_ACCOUNTS:
            if getattr(self, option):
                yield f"--{option}: where accounts were split they are compared; leave it out."
        if self.unit == "rep":
            yield "--unit: where accounts were split, leads were; leave it out."
