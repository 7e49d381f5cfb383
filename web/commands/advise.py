"""`stagelift plan advise`: which way of splitting finds an effect first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import BadInput, json_option, open_store
from web.commands.replay import MILESTONES

if TYPE_CHECKING:
    from experiments.feasibility.advisor import Advice, Option


@click.command()
@click.option("--effect", required=True, type=float, metavar="D", help="0.05 is five points.")
@click.option("--horizon", default=60, show_default=True, help="Days in which an outcome counts.")
@click.option("--milestone", default="won", show_default=True, type=click.Choice(MILESTONES))
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Only this team's reps.")
@click.option("--level", default=0.95, show_default=True, help="Level of the test.")
@click.option("--runs", default=1_000, show_default=True, help="Simulated tests of each length.")
@click.option("--seed", default=0, show_default=True, help="Of the simulation.")
@json_option
def advise(
    effect: float,
    horizon: int,
    milestone: str,
    teams: tuple[str, ...],
    level: float,
    runs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Which way of splitting finds an effect first, for our own team?"""
    from experiments.feasibility import advisor
    from experiments.feasibility.advice_export import as_json as document
    from experiments.feasibility.outlook import outlook
    from experiments.process import Milestone
    from experiments.sales_history import sales_history
    from web.cli import print_json
    from web.commands.progress import Progress
    from web.site import utc_now

    if horizon < 1 or seed < 0:
        raise BadInput("--horizon is a day or more, --seed 0 or more.")
    with open_store(writes=False) as session, Progress("{done} of {total} ways tried") as told:
        history = sales_history(
            session,
            now=utc_now(),
            horizon_days=horizon,
            milestone=Milestone(milestone),
            teams=teams,
        )
        found = advisor.advise(
            outlook(history), effect, level=level, runs=runs, seed=seed, progress=told
        )
    if as_json:
        print_json(document(found))
    else:
        click.echo("\n".join(_page(found)))


def _page(found: Advice) -> list[str]:
    from web.advice_text import recommendation

    seen = found.outlook
    steady = "not to be told" if seen.steadiness is None else f"{seen.steadiness:.2f}"
    icc = "not to be told" if seen.spread.icc is None else f"{seen.spread.icc:.3f}"
    return [
        f"{len(seen.weekly)} reps, {seen.weekly.sum():.0f} new leads a week, average rate"
        f" {seen.spread.rate:.1%}, ICC {icc}, steadiness of reps {steady}.",
        "",
        recommendation(found, str),
        "",
        f"{'way':42}{'weeks':>6}{'in all':>8}  least p   what it risks",
        *(_line(option) for option in found.options),
        "",
        f"Power is that of {found.runs:,} simulated tests of each length; weeks in all count the"
        f" {seen.horizon_days} days of the last lead.",
    ]


def _line(option: Option) -> str:
    from web.advice_text import WAYS, risks_of

    name = f"{WAYS[option.way]:42}"
    if option.refused:
        return f"{name}{'-':>6}{'-':>8}  {'-':8}  {option.refused.text}"
    weeks = "-" if option.weeks is None else f"{option.weeks}"
    total = "> 52" if option.total_weeks is None else f"{option.total_weeks:.0f}"
    # Split leads can have any p.
    least = f"{option.smallest_p:.2g}" if option.smallest_p else "-"
    return f"{name}{weeks:>6}{total:>8}  {least:8}  {' '.join(risks_of(option, str))}"
