"""`stagelift plan replay`: the company's own past, split at random again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import BadInput, json_option, open_store
from web.commands.power import DesignName

if TYPE_CHECKING:
    from experiments.feasibility.outlook import Spread
    from experiments.feasibility.replay import Replay

# `experiments.process.Milestone` but for the first, spelled out: importing it would slow `--help`.
MILESTONES = ("qualified", "demo", "proposal", "won")


@click.command()
@click.option("--horizon", default=60, show_default=True, help="Days in which an outcome counts.")
@click.option("--milestone", default="won", show_default=True, type=click.Choice(MILESTONES))
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Only this team's reps.")
@click.option("--weeks", metavar="W1,W2,...", help="Weeks of enrolment to try; else what fits.")
@click.option(
    "--design",
    type=DesignName(),
    default="complete",
    show_default=True,
    help="What is split, and how.",
)
@click.option("--covariate", is_flag=True, help="Compare reps who were alike before.")
@click.option("--runs", default=1_000, show_default=True, help="Random splits.")
@click.option("--level", default=0.95, show_default=True, help="Level of the test.")
@click.option("--seed", default=0, show_default=True, help="Of the splits.")
@json_option
def replay(
    horizon: int,
    milestone: str,
    teams: tuple[str, ...],
    weeks: str | None,
    design: str,
    covariate: bool,
    runs: int,
    level: float,
    seed: int,
    as_json: bool,
) -> None:
    """Could our team find a difference, and in how many weeks? Tried on its own past."""
    from dataclasses import asdict

    from analysis.planned_design import Design
    from experiments.feasibility import replay as replaying
    from experiments.process import Milestone
    from experiments.sales_history import sales_history
    from web.cli import print_json
    from web.commands.progress import Progress
    from web.site import utc_now

    if not 0 < level < 1:
        raise BadInput(f"--level: a level is between 0 and 1, not {level:g}.")
    if horizon < 1 or seed < 0:
        raise BadInput("--horizon is a day or more, --seed 0 or more.")
    if covariate and design in ("crossover", "leads"):
        raise BadInput("--covariate: goes with a split of reps only.")
    tried = _weeks(weeks)
    with open_store(writes=False) as session, Progress("{done} of {total} lengths tried") as told:
        history = sales_history(
            session,
            now=utc_now(),
            horizon_days=horizon,
            milestone=Milestone(milestone),
            teams=teams,
        )
        found = replaying.replay(
            history,
            weeks=tried or replaying.usual_weeks(history, Design(design)),
            design=Design(design),
            adjusted=covariate,
            runs=runs,
            level=level,
            seed=seed,
            progress=told,
        )
    if as_json:
        document = asdict(found)
        said = {"horizon_days": horizon, "milestone": milestone}
        print_json(document | document.pop("spread") | said)
    else:
        click.echo("\n".join(_page(found, horizon)))


def _weeks(written: str | None) -> list[int]:
    try:
        return [int(each) for each in written.split(",")] if written else []
    except ValueError:
        raise BadInput(f"--weeks: {written} is not a list of numbers such as 4,8,13.") from None


def _page(found: Replay, horizon: int) -> list[str]:
    spread = found.spread
    lines = [
        f"{found.reps} reps, average rate {spread.rate:.1%}, ICC {_icc(spread)},"
        f" cv of leads {spread.cv:.2f} ({_between(*spread.cv_interval)}).",
        f"Random splits called significant: {found.false_positives:.1%} of {found.runs:,}"
        f" (± {2 * found.false_positives_se:.1%}; the design allows {found.attainable:.1%}).",
        "",
        f"weeks  + {horizon} days   leads  least rise found 80% of the time",
    ]
    for each in found.detectable:
        effect = "none" if each.effect is None else f"{100 * each.effect:+.1f} points"
        total = f"{each.total_weeks:.0f} weeks"
        lines.append(f"{each.weeks:<7}{total:<11}{each.leads:>8,}  {effect}")
    return lines


def _icc(spread: Spread) -> str:
    if spread.icc is None:
        return "not to be told"
    ends = spread.icc_interval
    return f"{spread.icc:.3f}" if ends is None else f"{spread.icc:.3f} ({_between(*ends, 3)})"


def _between(low: float, high: float | None, digits: int = 2) -> str:
    return (
        f"{low:.{digits}f} or more" if high is None else f"{low:.{digits}f} to {high:.{digits}f}"
    )
