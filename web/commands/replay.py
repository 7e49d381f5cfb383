"""`stagelift plan replay`: the company's own past, split at random again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import BadInput, json_option, open_store

if TYPE_CHECKING:
    from experiments.replay import Replay

# `experiments.process.Milestone` but for the first, spelled out: importing it would slow `--help`.
MILESTONES = ("qualified", "demo", "proposal", "won")


@click.command()
@click.option("--horizon", default=60, show_default=True, help="Days in which an outcome counts.")
@click.option("--milestone", default="won", show_default=True, type=click.Choice(MILESTONES))
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Only this team's reps.")
@click.option("--weeks", metavar="W1,W2,...", help="Weeks of enrolment to try; else what fits.")
@click.option("--by-team", is_flag=True, help="Split within teams.")
@click.option("--runs", default=1_000, show_default=True, help="Random splits.")
@click.option("--level", default=0.95, show_default=True, help="Level of the test.")
@click.option("--seed", default=0, show_default=True, help="Of the splits.")
@json_option
def replay(
    horizon: int,
    milestone: str,
    teams: tuple[str, ...],
    weeks: str | None,
    by_team: bool,
    runs: int,
    level: float,
    seed: int,
    as_json: bool,
) -> None:
    """Could our team find a difference, and in how many weeks? Tried on its own past."""
    from dataclasses import asdict

    from experiments import replay as replaying
    from experiments.process import Milestone
    from experiments.sales_history import sales_history
    from web.cli import print_json
    from web.commands.progress import Progress
    from web.site import utc_now

    if not 0 < level < 1:
        raise BadInput(f"--level: a level is between 0 and 1, not {level:g}.")
    if horizon < 1 or seed < 0:
        raise BadInput("--horizon is a day or more, --seed 0 or more.")
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
            weeks=tried or replaying.usual_weeks(history),
            stratified=by_team,
            runs=runs,
            level=level,
            seed=seed,
            progress=told,
        )
    if as_json:
        print_json(asdict(found) | {"horizon_days": horizon, "milestone": milestone})
    else:
        click.echo("\n".join(_page(found, horizon)))


def _weeks(written: str | None) -> list[int]:
    try:
        return [int(each) for each in written.split(",")] if written else []
    except ValueError:
        raise BadInput(f"--weeks: {written} is not a list of numbers such as 4,8,13.") from None


def _page(found: Replay, horizon: int) -> list[str]:
    icc = "not to be told" if found.icc is None else f"{found.icc:.3f}"
    lines = [
        f"{found.reps} reps, average rate {found.rate:.1%}, ICC {icc},"
        f" cv of leads {found.cv:.2f}.",
        f"Random splits called significant: {found.false_positives:.1%} of {found.runs:,}"
        f" (± {2 * found.false_positives_se:.1%}; the design allows {found.attainable:.1%}).",
        "",
        f"weeks  + {horizon} days   leads  least rise found 80% of the time",
    ]
    for each in found.detectable:
        effect = "none" if each.effect is None else f"{100 * each.effect:+.1f} points"
        total = f"{each.weeks + horizon / 7:.0f} weeks"
        lines.append(f"{each.weeks:<7}{total:<11}{each.leads:>8,}  {effect}")
    return lines
