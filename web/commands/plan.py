"""`stagelift plan`: what an experiment can find, before it is launched."""

from __future__ import annotations

import click

from web.commands import BadInput, json_option
from web.commands.advise import advise
from web.commands.power import power
from web.commands.replay import replay


@click.group()
def plan() -> None:
    """Reckon what an experiment can find, before it is launched."""


plan.add_command(advise)
plan.add_command(power)
plan.add_command(replay)


@plan.command()
@click.option("--looks", required=True, metavar="T1,T2,...", help="Shares of information.")
@click.option("--alpha", default=0.05, show_default=True, help="Error rate over all looks.")
@click.option(
    "--spending",
    type=click.Choice(["obrien-fleming", "pocock"]),
    default="obrien-fleming",
    show_default=True,
    help="How alpha is spent.",
)
@json_option
def boundaries(looks: str, alpha: float, spending: str, as_json: bool) -> None:
    """Bounds for planned looks that hold the error rate over all of them."""
    from analysis import sequential
    from web.cli import print_json

    try:
        shares = [float(each) for each in looks.split(",")]
    except ValueError:
        raise BadInput(f"--looks: {looks} is not a list of numbers such as 0.5,1.") from None
    try:
        found = sequential.boundaries(shares, alpha=alpha, spending=sequential.Spending(spending))
    except ValueError as error:
        # It speaks of alpha by its name, or else of the looks.
        option = "--alpha" if str(error).startswith("alpha") else "--looks"
        raise BadInput(f"{option}: {error}.") from None
    if as_json:
        critical, spent = [each.critical_z for each in found], [each.alpha_spent for each in found]
        print_json({"critical_z": critical, "alpha_spent": spent})
        return
    click.echo("information  |z| at least  alpha spent")
    for each in found:
        click.echo(f"{each.information:<11g}  {each.critical_z:<12.4f}  {each.alpha_spent:.6f}")
