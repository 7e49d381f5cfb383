"""`stagelift plan`: what an experiment can find, before it is launched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from web.commands import BadInput, json_option
from web.commands.replay import replay

if TYPE_CHECKING:
    from analysis.power import Plan
    from experiments.simulated_power import SimulatedPower


@click.group()
def plan() -> None:
    """Reckon what an experiment can find, before it is launched."""


plan.add_command(replay)


@plan.command()
@click.option("--reps-per-variant", required=True, type=int, metavar="K", help="At least 2.")
@click.option("--leads-per-rep", required=True, type=float, metavar="M", help="On average.")
@click.option("--cv", default=0.0, help="Spread of leads per rep over their mean.")
@click.option("--baseline", required=True, type=float, metavar="P", help="The control's rate.")
@click.option("--effect", required=True, type=float, metavar="D", help="0.1 is ten points.")
@click.option("--icc", required=True, type=float, metavar="R", help="Likeness of a rep's leads.")
@click.option(
    "--estimand",
    type=click.Choice(["rep", "lead"]),
    default="rep",
    show_default=True,
    help="Whose average is compared.",
)
@click.option("--level", default=0.95, show_default=True, help="Level of the test.")
@click.option("--simulate", type=int, metavar="RUNS", help="Simulate so many teams as well.")
@click.option("--seed", default=0, show_default=True, help="Of the simulation.")
@json_option
def power(
    reps_per_variant: int,
    leads_per_rep: float,
    cv: float,
    baseline: float,
    effect: float,
    icc: float,
    estimand: str,
    level: float,
    simulate: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """How often a split of reps finds a difference that there is."""
    from analysis.power import USUAL_POWER, Estimand, Plan
    from web.cli import print_json

    _check_simulation(simulate, seed, estimand)
    try:
        split = Plan(
            reps_per_variant=reps_per_variant,
            leads_per_rep=leads_per_rep,
            baseline=baseline,
            icc=icc,
            cv=cv,
            estimand=Estimand(estimand),
            level=level,
        )
        found = split.power(effect)
    except ValueError as error:
        raise BadInput(_as_option(str(error))) from None
    least = split.detectable(falls=effect < 0)
    simulated = None if simulate is None else _simulated(split, effect, simulate, seed)
    if as_json:
        document: dict[str, object] = {
            "power": found,
            "design_effect": split.design_effect,
            "detectable_effect": least,
        }
        if simulated is not None:
            document["simulated"] = simulated.as_dict()
        print_json(document)
        return
    click.echo(f"Power {found:.3f}: so often a difference of {effect:+g} is found.")
    if least is None:
        click.echo(f"No difference is found {USUAL_POWER:.0%} of the time.")
    else:
        click.echo(f"A difference of {least:+.4f} is found {USUAL_POWER:.0%} of the time.")
    click.echo(f"Design effect {split.design_effect:.3f}.")
    if simulated is not None:
        click.echo(_simulation_text(simulated))


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
        raise BadInput(f"{error}.") from None
    if as_json:
        critical, spent = [each.critical_z for each in found], [each.alpha_spent for each in found]
        print_json({"critical_z": critical, "alpha_spent": spent})
        return
    click.echo("information  |z| at least  alpha spent")
    for each in found:
        click.echo(f"{each.information:<11g}  {each.critical_z:<12.4f}  {each.alpha_spent:.6f}")


def _check_simulation(simulate: int | None, seed: int, estimand: str) -> None:
    if simulate is not None and simulate < 1:
        raise BadInput(f"--simulate: that is 1 run or more, not {simulate}.")
    if seed < 0:
        raise BadInput(f"--seed: a seed is 0 or more, not {seed}.")
    if simulate is not None and estimand != "rep":
        raise BadInput("--simulate: the test that decides compares the average rep, not lead.")


def _simulated(split: Plan, effect: float, runs: int, seed: int) -> SimulatedPower:
    from experiments.simulated_power import simulated_power

    return simulated_power(split, effect, runs=runs, seed=seed)


def _simulation_text(found: SimulatedPower) -> str:
    return (
        f"Simulated, {found.runs} teams, by the test that decides:"
        f" power {found.power:.3f} (± {2 * found.power_se:.3f});"
        f" without any difference, {found.false_positives:.3f}"
        f" (± {2 * found.false_positives_se:.3f}) are called significant."
    )


def _as_option(said: str) -> str:
    """A field's fault as the option's: "leads_per_rep is 1 or more" as "--leads-per-rep: …"."""
    name, _, rest = said.partition(" ")
    return f"--{name.replace('_', '-')}: {rest}."
