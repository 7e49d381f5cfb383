"""`stagelift plan power`: how often a planned split finds a difference that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from web.commands import BadInput, json_option

if TYPE_CHECKING:
    from analysis.pace import Pace
    from analysis.power import Plan
    from experiments.feasibility.simulated_power import SimulatedPower

# `analysis.planned_design.Design`, spelled out: importing it would slow `--help`.
DESIGNS = ("complete", "by_team", "paired", "rerandomised", "crossover", "leads")
# What statisticians call it → what it is called here.
ALSO_CALLED = {"stratified": "by_team", "rerandomized": "rerandomised"}
USUAL_WEEKS = 13
# Every run's reps are held at once: more would not fit into a small machine's memory.
MOST_SIMULATED = 20_000_000


class DesignName(click.Choice[str]):
    """One of the designs, by either of its names."""

    def __init__(self) -> None:
        super().__init__(DESIGNS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name that is used here."""
        return super().convert(ALSO_CALLED.get(value, value), param, ctx)


@click.command()
@click.option("--reps-per-variant", required=True, type=int, metavar="K", help="At least 2.")
@click.option("--leads-per-rep", type=float, metavar="M", help="On average, in all.")
@click.option("--leads-per-week", type=float, metavar="L", help="Of a rep; tells weeks too.")
@click.option("--weeks", type=float, help="Of enrolment, with --leads-per-week.  [default: 13]")
@click.option("--horizon", type=int, default=60, show_default=True, help="Days a lead takes.")
@click.option("--cv", default=0.0, help="Spread of leads per rep over their mean.")
@click.option("--baseline", required=True, type=float, metavar="P", help="The control's rate.")
@click.option("--effect", required=True, type=float, metavar="D", help="0.1 is ten points.")
@click.option("--icc", required=True, type=float, metavar="R", help="Likeness of a rep's leads.")
@click.option(
    "--design",
    type=DesignName(),
    default="complete",
    show_default=True,
    help="What is split, and how.",
)
@click.option("--correlation", type=float, metavar="R", help="Of reps' past and present rates.")
@click.option("--covariate", is_flag=True, help="Compare reps who were alike before.")
@click.option("--teams", type=int, default=2, show_default=True, help="With --design by_team.")
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
def power(effect: float, simulate: int | None, seed: int, as_json: bool, **options: Any) -> None:
    """How often a split of reps, or of their leads, finds a difference that there is."""
    from web.cli import print_json

    _check_simulation(simulate, seed, options)
    pace = _pace(options)
    try:
        split = _plan(options)
        found = split.power(effect)
    except ValueError as error:
        raise BadInput(_as_option(str(error))) from None
    document: dict[str, Any] = {
        "power": found,
        "design_effect": split.design_effect,
        "detectable_effect": split.detectable(falls=effect < 0),
    }
    if options["design"] != "complete":
        document["smallest_p"] = _smallest_p(split)
    if pace is not None:
        document["weeks"] = _weeks(split, pace, effect)
    if simulate is not None:
        document["simulated"] = _simulated(split, effect, simulate, seed).as_dict()
    if as_json:
        print_json(document)
    else:
        click.echo("\n".join(_page(document, split, effect)))


def _pace(options: dict[str, Any]) -> Pace | None:
    """How fast leads come, where that was said; the leads in all follow from it."""
    from analysis.pace import Pace

    per_week, weeks = options.pop("leads_per_week"), options.pop("weeks")
    horizon = options.pop("horizon")
    if per_week is None:
        if options["leads_per_rep"] is None:
            raise BadInput("--leads-per-rep: say how many leads, or --leads-per-week.")
        if weeks is not None:
            raise BadInput("--weeks: goes with --leads-per-week.")
        return None
    if weeks is not None and not 0 < weeks < float("inf"):
        raise BadInput(f"--weeks: is above 0, not {weeks:g}.")
    try:
        pace = Pace(per_week, horizon)
    except ValueError as error:
        raise BadInput(_as_option(str(error))) from None
    if options["leads_per_rep"] is None:
        options["leads_per_rep"] = per_week * (weeks or USUAL_WEEKS)
    elif weeks is not None:
        raise BadInput("--weeks: say either --leads-per-rep or --weeks.")
    return pace


def _plan(options: dict[str, Any]) -> Plan:
    from analysis.planned_design import Design
    from analysis.power import Estimand, Plan

    said = {name: value for name, value in options.items() if name not in ("teams", "covariate")}
    design = Design(options["design"])
    # Where the split takes no note of the past, a correlation can only mean a covariate.
    known = options["correlation"] is not None and design is Design.COMPLETE
    return Plan(
        **said
        | {
            "design": design,
            "estimand": Estimand(options["estimand"]),
            "adjusted": options["covariate"] or known,
            "strata": options["teams"] if design is Design.BY_TEAM else 1,
        }
    )


def _smallest_p(split: Plan) -> float:
    from analysis.planned_design import smallest_p

    return smallest_p(split.design, split.reps_per_variant, strata=split.strata)


def _weeks(split: Plan, pace: Pace, effect: float) -> dict[str, float | None]:
    enrolment = split.leads_per_rep / pace.leads_per_week
    needed = pace.needed(split, effect)
    return {
        "enrolment": enrolment,
        "total": pace.total(split.design, enrolment),
        "needed_enrolment": needed,
        "needed_total": None if needed is None else pace.total(split.design, needed),
    }


def _check_simulation(simulate: int | None, seed: int, options: dict[str, Any]) -> None:
    if simulate is not None and simulate < 1:
        raise BadInput(f"--simulate: that is 1 run or more, not {simulate}.")
    if seed < 0:
        raise BadInput(f"--seed: a seed is 0 or more, not {seed}.")
    if simulate is None:
        return
    if options["estimand"] != "rep":
        raise BadInput("--simulate: the test that decides compares the average rep, not lead.")
    # The re-draws take as much for each rep as 20,000 runs.
    if max(simulate, 20_000) * 2 * options["reps_per_variant"] > MOST_SIMULATED:
        raise BadInput("--simulate: so many runs of so many reps are too much to hold at once.")


def _simulated(split: Plan, effect: float, runs: int, seed: int) -> SimulatedPower:
    from experiments.feasibility.simulated_power import simulated_power

    return simulated_power(split, effect, runs=runs, seed=seed)


def _page(document: dict[str, Any], split: Plan, effect: float) -> list[str]:
    from analysis.power import USUAL_POWER

    least = document["detectable_effect"]
    lines = [
        f"Power {document['power']:.3f}: so often a difference of {effect:+g} is found.",
        f"No difference is found {USUAL_POWER:.0%} of the time."
        if least is None
        else f"A difference of {least:+.4f} is found {USUAL_POWER:.0%} of the time.",
        f"Design effect {document['design_effect']:.3f}.",
    ]
    if document.get("smallest_p", 0) > 1 - split.level:
        lines.append(
            f"No p under {document['smallest_p']:.3f} can come out of so few reps:"
            " the test that decides will find nothing."
        )
    if "weeks" in document:
        lines.append(_weeks_text(document["weeks"], effect, USUAL_POWER))
    if "simulated" in document:
        lines.append(_simulation_text(document["simulated"]))
    return lines


def _weeks_text(weeks: dict[str, Any], effect: float, power: float) -> str:
    said = (
        f"{weeks['enrolment']:.0f} weeks of new leads,"
        f" {weeks['total']:.0f} until the last has matured."
    )
    if weeks["needed_enrolment"] is None:
        return f"{said} Not even five years find {effect:+g} {power:.0%} of the time."
    return (
        f"{said} To find {effect:+g} {power:.0%} of the time: {weeks['needed_enrolment']} weeks"
        f" of new leads, {weeks['needed_total']:.0f} in all."
    )


def _simulation_text(found: dict[str, Any]) -> str:
    return (
        f"Simulated, {found['runs']} teams, by the test that decides:"
        f" power {found['power']:.3f} (± {2 * found['power_se']:.3f});"
        f" without any difference, {found['false_positives']:.3f}"
        f" (± {2 * found['false_positives_se']:.3f}) are called significant."
    )


def _as_option(said: str) -> str:
    """A field's fault as the option's: "leads_per_rep is 1 or more" as "--leads-per-rep: …"."""
    name, _, rest = said.partition(" ")
    option = {"adjusted": "covariate", "strata": "teams"}.get(name, name.replace("_", "-"))
    return f"--{option}: {rest}."
